-- One row per badge of which a call or a definition is known: its number, which it keeps from night to night.
WITH known AS (
    SELECT coalesce(badge_id, '') AS badge_id
    FROM temp.joined_call
    UNION
    SELECT unnest(list_transform(items, LAMBDA item: item.badge_id)) AS badge_id
    FROM temp.joined_call
    UNION
    SELECT badge_id
    FROM raw.definition
)

SELECT
    badge_id,
    getvariable('badges_numbered') + row_number() OVER (ORDER BY badge_id) - 1 AS badge_no
FROM known
