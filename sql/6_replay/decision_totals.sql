-- One row per badge, local day of processed_at, reason and limit: decisions beside the breaches of the audit.
WITH counted AS (
    -- Rows of one instant are many: the day is looked up once for all of them.
    SELECT
        badge_id,
        processed_at,
        reason_no,
        limit_name,
        accepted,
        count(*) AS decisions
    FROM judged_row
    GROUP BY badge_id, processed_at, reason_no, limit_name, accepted
),

decided AS (
    SELECT
        counted.badge_id,
        zone_day.day,
        reason.reason,
        coalesce(counted.limit_name, '') AS limit_name,
        sum(counted.decisions)::BIGINT AS decisions,
        coalesce(sum(counted.decisions) FILTER (counted.accepted = (counted.reason_no = 0)), 0)::BIGINT AS same,
        coalesce(sum(counted.decisions) FILTER (NOT counted.accepted AND counted.reason_no = 0), 0)::BIGINT AS newly_admitted,
        coalesce(sum(counted.decisions) FILTER (counted.accepted AND counted.reason_no <> 0), 0)::BIGINT AS newly_rejected
    FROM counted
    ASOF INNER JOIN ledger.zone_day AS zone_day ON counted.processed_at >= zone_day.starts_at
    INNER JOIN reason ON counted.reason_no = reason.reason_no
    GROUP BY counted.badge_id, zone_day.day, reason.reason, counted.limit_name
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
