-- One row per request and response that came in lines of their own and belong together (RULEBOOK 3).
WITH open_request AS (
    SELECT
        file_id,
        record_no,
        endpoint,
        badge_id,
        request_id,
        request_key,
        coalesce(logged_at, event_at) AS own_clock
    FROM staging.record
    WHERE has_request AND NOT has_response AND request_id IS NOT NULL
),

lone_response AS (
    SELECT
        record.file_id,
        record.record_no,
        record.endpoint,
        record.answer_request_id AS request_id,
        record.response_key,
        coalesce(record.answer_badge_id, agreed_badge.badge_id) AS badge_id,
        own_response_clock(record.logged_at, record.answers) AS own_clock
    FROM staging.record AS record
    LEFT JOIN temp.agreed_badge AS agreed_badge
        ON record.endpoint = agreed_badge.endpoint AND record.answer_request_id = agreed_badge.request_id
    WHERE NOT record.has_request AND record.answer_request_id IS NOT NULL
),

numbered_request AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY endpoint, badge_id, request_id ORDER BY own_clock NULLS FIRST, request_key
        ) AS turn
    FROM open_request
),

numbered_response AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY endpoint, badge_id, request_id ORDER BY own_clock NULLS FIRST, response_key
        ) AS turn
    FROM lone_response
)

SELECT
    asked.file_id,
    asked.record_no,
    answered.file_id AS answer_file_id,
    answered.record_no AS answer_record_no
FROM numbered_request AS asked
INNER JOIN numbered_response AS answered USING (endpoint, badge_id, request_id, turn)
