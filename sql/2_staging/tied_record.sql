-- One row per line of a call that hangs together with a line found last, and was not found yet: both hold the same
-- request or response, one may be a half of the other, or both name the same row.
WITH last_call AS (
    SELECT call.*
    FROM raw.call AS call
    SEMI JOIN temp.last_record AS last_record
        ON call.file_id = last_record.file_id AND call.record_no = last_record.record_no
),

given_id AS (
    SELECT unnest(list_transform(answers, LAMBDA answer: answer.row_id)) AS row_id
    FROM last_call
    UNION
    SELECT unnest(list_transform(items, LAMBDA item: item.row_id)) AS row_id
    FROM last_call
),

-- Rows of calls are in order already; those of imports, events and flat rows may be none because others came first.
holding_key AS (
    SELECT request_key FROM staging.call
    WHERE
        call_no IN (
            SELECT call_no FROM staging.answered_row
            WHERE row_id IN (SELECT row_id FROM given_id)
        )
),

holding_record AS (
    SELECT
        file_id,
        record_no,
        unnest(list_transform(items, LAMBDA item: item.row_id)) AS row_id
    FROM raw.call
    WHERE items IS NOT NULL
    UNION ALL
    SELECT
        file_id,
        record_no,
        answers[1].row_id AS row_id
    FROM raw.call
    WHERE NOT of_call(endpoint)
),

tied AS (
    SELECT
        file_id,
        record_no
    FROM raw.call
    WHERE
        request_key IN (
            SELECT request_key FROM last_call
            UNION
            SELECT request_key FROM holding_key
        )
    UNION
    SELECT
        file_id,
        record_no
    FROM raw.call
    WHERE
        response_key IN (
            SELECT response_key FROM last_call
            WHERE NOT has_request
            UNION
            SELECT request_key FROM holding_key
        )
    UNION
    SELECT
        file_id,
        record_no
    FROM raw.call
    WHERE NOT has_request AND response_key IN (SELECT response_key FROM last_call)
    UNION
    SELECT
        file_id,
        record_no
    FROM raw.call
    WHERE
        NOT (has_request AND has_response)
        AND half_link(endpoint, request_id, answer_request_id, has_request, badge_id, event_at) IN (
            SELECT half_link(endpoint, request_id, answer_request_id, has_request, badge_id, event_at) FROM last_call
        )
    UNION
    SELECT
        file_id,
        record_no
    FROM raw.call
    WHERE half_link(endpoint, request_id, answer_request_id, has_request, badge_id, event_at) IN (
        SELECT half_link(endpoint, request_id, answer_request_id, has_request, badge_id, event_at) FROM last_call
        WHERE NOT (has_request AND has_response)
    )
    UNION
    SELECT
        file_id,
        record_no
    FROM holding_record
    WHERE row_id IN (SELECT row_id FROM given_id)
)

SELECT
    file_id,
    record_no
FROM tied
ANTI JOIN temp.due_record USING (file_id, record_no)
