-- One row per badge, local day of processed_at, reason and limit: decisions beside the breaches of the audit.
WITH dated AS (
    SELECT
        decisions.badge_id,
        zone_day.day,
        decisions.reason,
        decisions.limit_name,
        decisions.compared
    FROM decisions
    ASOF JOIN ledger.zone_day AS zone_day ON epoch_us(decisions.processed_at) >= zone_day.starts_at
),

decided AS (
    SELECT
        badge_id,
        day,
        reason,
        limit_name,
        count(*) AS decisions,
        count(*) FILTER (compared = 'same') AS same,
        count(*) FILTER (compared = 'newly-admitted') AS newly_admitted,
        count(*) FILTER (compared = 'newly-rejected') AS newly_rejected
    FROM dated
    GROUP BY badge_id, day, reason, limit_name
),

breached AS (
    SELECT
        breach.badge_id,
        zone_day.day,
        CASE breach.scope WHEN 'BADGE' THEN 'badge-limit' ELSE 'customer-limit' END AS reason,
        breach.limit_name,
        count(*) AS breaches
    FROM flags.breach AS breach
    ASOF JOIN ledger.zone_day AS zone_day ON breach.processed_at >= zone_day.starts_at
    WHERE breach.processed_at >= getvariable('shown_from') AND breach.processed_at < getvariable('shown_to')
    GROUP BY breach.badge_id, zone_day.day, breach.scope, breach.limit_name
)

SELECT
    badge_id,
    day,
    reason,
    limit_name,
    coalesce(decided.decisions, 0) AS decisions,
    coalesce(decided.same, 0) AS same,
    coalesce(decided.newly_admitted, 0) AS newly_admitted,
    coalesce(decided.newly_rejected, 0) AS newly_rejected,
    coalesce(breached.breaches, 0) AS breaches
FROM decided
FULL JOIN breached USING (badge_id, day, reason, limit_name)
