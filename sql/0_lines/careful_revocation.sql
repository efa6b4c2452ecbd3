-- One row per revocation and issuance or customer that it names.
SELECT
    *,
    getvariable('file_id') AS file_id,
    getvariable('batch_id') AS batch_id
FROM read_json(
    getvariable('careful_rows'),
    columns = {
        line: 'BIGINT',
        record_no: 'BIGINT',
        badge_id: 'VARCHAR',
        kind: 'VARCHAR',
        customer_id: 'VARCHAR',
        row_id: 'VARCHAR',
        revoked_at: 'BIGINT',
        key: 'VARCHAR'
    },
    records = true,
    auto_detect = false,
    format = 'newline_delimited',
    hive_partitioning = false,
    maximum_object_size = 134217728
)
