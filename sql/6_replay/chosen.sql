-- One row per entry of the other rules and badge that it chooses: what the badge is called, and gains and loses in all.
WITH changed AS (
    SELECT
        badge_id,
        sum(gained) AS gained,
        sum(lost) AS lost
    FROM comparison
    GROUP BY badge_id
)

SELECT
    chosen.entry::VARCHAR AS entry,
    chosen.badge_id::VARCHAR AS badge_id,
    chosen.badge_name::VARCHAR AS badge_name,
    chosen.tags::VARCHAR AS tags,
    coalesce(changed.gained, 0)::BIGINT AS gained,
    coalesce(changed.lost, 0)::BIGINT AS lost
FROM kernel_chosen AS chosen
LEFT JOIN changed ON chosen.badge_id = changed.badge_id
