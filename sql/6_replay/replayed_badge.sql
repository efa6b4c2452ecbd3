-- One row per badge that a report decides again: those of the newest breaches, as long as their issuances are few enough.
WITH broken AS (
    SELECT
        badge_id,
        max(processed_at) AS newest
    FROM report.breaches
    GROUP BY badge_id
)

SELECT broken.badge_id
FROM broken
INNER JOIN report.badges AS badge ON broken.badge_id = badge.badge_id
QUALIFY sum(badge.issuances) OVER (ORDER BY broken.newest DESC, broken.badge_id) <= getvariable('most_rows')
