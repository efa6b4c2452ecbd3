-- One row per call of the badges that are due, from where each is: those staged anew and those that keep their content,
-- with the version in force when each was processed.
-- `call_no` is the number of its first row: rows are numbered badge by badge, in processing order (RULEBOOK 3).
WITH every AS (
    SELECT
        come_call.*,
        NULL::BIGINT AS kept_call_no
    FROM temp.come_call AS come_call
    UNION ALL BY NAME
    SELECT
        call.* EXCLUDE (call_no, version_no),
        call.call_no AS kept_call_no
    FROM staging.call AS call
    INNER JOIN staging.due AS due ON call.badge_id = due.badge_id AND call.processed_at >= due.from_at
    ANTI JOIN temp.due_key AS due_key ON call.request_key = due_key.request_key
),

numbered AS (
    SELECT
        (due.from_no + sum(every.most_rows) OVER processing - every.most_rows)::BIGINT AS call_no,
        every.*
    FROM every
    INNER JOIN staging.due AS due ON every.badge_id = due.badge_id
    WINDOW processing AS (
        PARTITION BY every.badge_id
        ORDER BY every.processed_at, coalesce(every.request_id, ''), every.place, every.request_key, every.ordinal
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)

SELECT
    numbered.*,
    version.version_no
FROM numbered
ASOF LEFT JOIN staging.version AS version
    ON numbered.badge_id = version.badge_id AND numbered.processed_at >= version.valid_from
