-- One row per badge, local week, reason and limit: both sides of a replay under other rules, as the page shows them.
SELECT
    badge_id,
    week,
    reason,
    limit_name,
    decisions_a AS rows_a,
    decisions_b AS rows_b,
    CASE WHEN reason = '' THEN decisions_a ELSE 0 END AS admitted_a,
    gained,
    lost,
    breaches
FROM comparison
