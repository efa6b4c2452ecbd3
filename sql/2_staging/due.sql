-- One row per badge whose rows are put in order anew: from which instant of processing on, and from which number on.
WITH moved AS (
    SELECT
        badge_id,
        processed_at
    FROM temp.come_call
    UNION ALL
    SELECT
        badge_id,
        processed_at
    FROM staging.call
    WHERE request_key IN (SELECT request_key FROM temp.due_key)
    UNION ALL
    -- A definition may be in force for all that was processed.
    SELECT
        badge_id,
        -9223372036854775807 AS processed_at
    FROM raw.definition
    WHERE batch_id > getvariable('staged_batch')
),

moved_badge AS (
    SELECT
        badge_id,
        min(processed_at) AS from_at
    FROM moved
    GROUP BY badge_id
)

SELECT
    moved_badge.badge_id,
    badge_number.badge_no,
    moved_badge.from_at,
    coalesce(max(call.call_no + call.most_rows), badge_number.badge_no << 36)::BIGINT AS from_no
FROM moved_badge
INNER JOIN staging.badge_number AS badge_number USING (badge_id)
LEFT JOIN staging.call AS call
    ON moved_badge.badge_id = call.badge_id AND moved_badge.from_at > call.processed_at
GROUP BY moved_badge.badge_id, badge_number.badge_no, moved_badge.from_at
