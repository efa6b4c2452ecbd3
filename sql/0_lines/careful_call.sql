-- One row per call that was read with care.
SELECT *
FROM read_json(
    getvariable('careful_rows'),
    columns = {
        line: 'BIGINT',
        record_no: 'BIGINT',
        endpoint: 'VARCHAR',
        logged_at: 'BIGINT',
        has_request: 'BOOLEAN',
        badge_id: 'VARCHAR',
        request_id: 'VARCHAR',
        event_at: 'BIGINT',
        owner_type: 'VARCHAR',
        reference_id: 'VARCHAR',
        customers: 'VARCHAR[]',
        has_response: 'BOOLEAN',
        answer_badge_id: 'VARCHAR',
        answer_request_id: 'VARCHAR',
        expires_at: 'BIGINT',
        failed: 'BOOLEAN',
        code: 'VARCHAR',
        answers: 'STRUCT(customer_id VARCHAR, row_id VARCHAR, refused BOOLEAN, code VARCHAR)[]',
        raw: 'VARCHAR',
        items: 'STRUCT(
            customer_id VARCHAR,
            badge_id VARCHAR,
            event_at BIGINT,
            expires_at BIGINT,
            row_id VARCHAR,
            reported_expires_at BIGINT
        )[]',
        place: 'BIGINT',
        request_more: 'VARCHAR',
        response_more: 'VARCHAR'
    },
    records = true,
    auto_detect = false,
    format = 'newline_delimited',
    hive_partitioning = false,
    maximum_object_size = 134217728
)
