-- One row per badge, local week, reason and limit: what was recorded, side A, and replay, side B, as the page shows them.
SELECT
    badge_id,
    date_trunc('week', day)::DATE AS week,
    reason,
    limit_name,
    -- The record knows no reasons of replay.
    NULL::BIGINT AS rows_a,
    sum(decisions)::BIGINT AS rows_b,
    sum(CASE WHEN reason = '' THEN decisions - newly_admitted ELSE newly_rejected END)::BIGINT AS admitted_a,
    sum(newly_admitted)::BIGINT AS gained,
    sum(newly_rejected)::BIGINT AS lost,
    sum(breaches)::BIGINT AS breaches
FROM decision_totals
GROUP BY badge_id, date_trunc('week', day), reason, limit_name
