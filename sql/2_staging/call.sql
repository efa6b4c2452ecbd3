-- One row per call that makes rows, in processing order (RULEBOOK 3), with the version in force when it was processed.
WITH sized AS (
    SELECT
        *,
        coalesce(event_at, processed_at) AS counted_event_at,
        has_response
        AND list_transform(answers, lambda answer: answer.customer_id) = customers AS aligned,
        len(customers) + CASE
            WHEN NOT has_response OR list_transform(answers, lambda answer: answer.customer_id) = customers THEN 0
            ELSE greatest(len(answers), 0)
        END AS most_rows
    FROM staging.joined_call
    WHERE processed_at IS NOT NULL
),

ranked AS (
    SELECT
        sized.* EXCLUDE (event_at, counted_event_at, most_rows),
        counted_event_at AS event_at,
        coalesce(
            sum(most_rows) OVER (
                ORDER BY processed_at, coalesce(request_id, ''), request_key, ordinal
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            0
        )::BIGINT AS first_row_no,
        row_number() OVER (ORDER BY processed_at, coalesce(request_id, ''), request_key, ordinal) AS call_no
    FROM sized
)

SELECT
    ranked.* EXCLUDE (badge_id),
    coalesce(ranked.badge_id, '') AS badge_id,
    version.version_no,
    replace(ranked.request_key::VARCHAR, '-', '') || '/' || ranked.ordinal || '/' AS row_key_text
FROM ranked
ASOF LEFT JOIN staging.version AS version
    ON ranked.badge_id = version.badge_id AND ranked.processed_at >= version.valid_from
