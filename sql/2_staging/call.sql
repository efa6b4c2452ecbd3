-- One row per call that makes rows, in processing order (RULEBOOK 3), with the version in force when it was processed.
WITH sized AS (
    SELECT
        *,
        coalesce(event_at, processed_at) AS counted_event_at,
        CASE
            WHEN NOT has_response THEN 'none'
            WHEN list_transform(answers, LAMBDA answer: answer.customer_id) = customers THEN 'in order'
            WHEN
                list_sort(list_transform(answers, LAMBDA answer: answer.customer_id)) = list_sort(customers)
                THEN 'in another order'
            ELSE 'of others'
        END AS answers_stand
    FROM staging.joined_call
    WHERE processed_at IS NOT NULL
),

counted AS (
    SELECT
        *,
        -- Room for every row that the call can make; numbers need not be dense.
        len(customers) + CASE WHEN answers_stand = 'of others' THEN len(answers) ELSE 0 END AS most_rows
    FROM sized
),

ranked AS (
    SELECT
        counted.* EXCLUDE (event_at, counted_event_at, most_rows, file_id, line, source_file_id, source_line),
        source_file_id AS file_id,
        source_line AS line,
        counted_event_at AS event_at,
        coalesce(
            sum(most_rows) OVER (
                ORDER BY processed_at, coalesce(request_id, ''), request_key, ordinal
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            0
        )::BIGINT AS first_row_no,
        row_number() OVER (ORDER BY processed_at, coalesce(request_id, ''), request_key, ordinal) AS call_no
    FROM counted
)

SELECT
    ranked.* EXCLUDE (badge_id),
    coalesce(ranked.badge_id, '') AS badge_id,
    version.version_no,
    replace(ranked.request_key::VARCHAR, '-', '') || '/' || ranked.ordinal || '/' AS row_key_text
FROM ranked
ASOF LEFT JOIN staging.version AS version
    ON ranked.badge_id = version.badge_id AND ranked.processed_at >= version.valid_from
