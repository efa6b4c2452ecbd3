-- One row per line of a call that hangs together with a line found last, and was not found yet: both hold the same
-- request or response, one may be a half of the other, or an event, a flat row or an import names a row of the other.
WITH last_call AS (
    SELECT
        call.*,
        half_link(endpoint, has_request, badge_id, request_id, event_at, answer_badge_id, answer_request_id) AS link
    FROM raw.call AS call
    SEMI JOIN temp.last_record AS last_record
        ON call.file_id = last_record.file_id AND call.record_no = last_record.record_no
),

half AS (
    SELECT
        *,
        half_link(endpoint, has_request, badge_id, request_id, event_at, answer_badge_id, answer_request_id) AS link
    FROM raw.call
    WHERE NOT (has_request AND has_response)
),

-- A response that names no badge may answer the requests of any.
nameless_link AS (
    SELECT
        endpoint,
        answer_request_id AS request_id
    FROM last_call
    WHERE NOT has_request AND answer_badge_id IS NULL AND answer_request_id IS NOT NULL
),

open_link AS (
    SELECT
        endpoint,
        request_id
    FROM last_call
    WHERE has_request AND NOT has_response AND request_id IS NOT NULL
),

named_row AS (
    SELECT
        unnest(list_transform(answers, LAMBDA answer: answer.row_id)) AS row_id,
        items IS NULL AND of_call(endpoint) AS of_call
    FROM last_call
    UNION ALL
    SELECT
        unnest(list_transform(items, LAMBDA item: item.row_id)) AS row_id,
        false AS of_call
    FROM last_call
),

naming_record AS (
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

naming_key AS (
    SELECT request_key FROM staging.call
    WHERE
        call_no IN (
            SELECT call_no FROM staging.answered_row
            WHERE
                row_id IN (
                    SELECT row_id FROM named_row
                    WHERE NOT of_call
                )
        )
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
            SELECT request_key FROM naming_key
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
            SELECT request_key FROM naming_key
        )
    UNION
    SELECT
        file_id,
        record_no
    FROM half
    WHERE
        link IN (SELECT link FROM last_call)
        OR (NOT has_request AND response_key IN (SELECT response_key FROM last_call))
    UNION
    SELECT
        file_id,
        record_no
    FROM half
    SEMI JOIN nameless_link
        ON
            half.endpoint = nameless_link.endpoint
            AND CASE WHEN half.has_request THEN half.request_id ELSE half.answer_request_id END = nameless_link.request_id
    UNION
    SELECT
        file_id,
        record_no
    FROM half
    SEMI JOIN open_link
        ON half.endpoint = open_link.endpoint AND half.answer_request_id = open_link.request_id
    WHERE NOT half.has_request AND half.answer_badge_id IS NULL
    UNION
    SELECT
        file_id,
        record_no
    FROM raw.call
    WHERE
        half_link(endpoint, has_request, badge_id, request_id, event_at, answer_badge_id, answer_request_id) IN (
            SELECT link FROM last_call
            WHERE NOT (has_request AND has_response)
        )
    UNION
    SELECT
        file_id,
        record_no
    FROM naming_record
    WHERE row_id IN (SELECT row_id FROM named_row)
)

SELECT
    file_id,
    record_no
FROM tied
ANTI JOIN temp.due_record USING (file_id, record_no)
