-- One row per badge of the stretch at hand, local day of processed_at, reason and limit: decisions beside the breaches of
-- the audit.
WITH counted AS (
    -- Rows of one call are many: badge and day are looked up once for all of them.
    SELECT
        call_no,
        reason AS reason_no,
        slot_no,
        accepted,
        count(*) AS decisions
    FROM decided_row
    WHERE row_no >= getvariable('asked_from') AND row_no < getvariable('asked_to')
    GROUP BY call_no, reason, slot_no, accepted
    UNION ALL
    -- Of a badge without a version nothing was asked: it is unknown.
    SELECT
        issuance.call_no,
        7 AS reason_no,
        NULL AS slot_no,
        issuance.accepted,
        count(*) AS decisions
    FROM staging.issuance AS issuance
    INNER JOIN ledger.setting AS setting ON issuance.processed_at <= setting.as_of
    WHERE
        NOT issuance.imported
        AND issuance.row_no >= getvariable('asked_from')
        AND issuance.row_no < getvariable('asked_to')
        AND (issuance.endpoint = 'import' OR issuance.row_no >> 36 NOT IN (SELECT badge_no FROM ruling_version))
    GROUP BY issuance.call_no, issuance.accepted
),

decided AS (
    SELECT
        call.badge_id,
        zone_day.day,
        reason.reason,
        coalesce(slot.limit_name, '') AS limit_name,
        sum(counted.decisions)::BIGINT AS decisions,
        coalesce(sum(counted.decisions) FILTER (counted.accepted = (counted.reason_no = 0)), 0)::BIGINT AS same,
        coalesce(sum(counted.decisions) FILTER (NOT counted.accepted AND counted.reason_no = 0), 0)::BIGINT AS newly_admitted,
        coalesce(sum(counted.decisions) FILTER (counted.accepted AND counted.reason_no <> 0), 0)::BIGINT AS newly_rejected
    FROM counted
    INNER JOIN staging.call AS call ON counted.call_no = call.call_no
    ASOF INNER JOIN ledger.zone_day AS zone_day ON call.processed_at >= zone_day.starts_at
    INNER JOIN reason ON counted.reason_no = reason.reason_no
    LEFT JOIN ruling_slot AS slot ON counted.slot_no = slot.slot_no
    WHERE call.processed_at >= getvariable('shown_from') AND call.processed_at < getvariable('shown_to')
    GROUP BY call.badge_id, zone_day.day, reason.reason, slot.limit_name
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
    WHERE
        breach.row_no >= getvariable('asked_from')
        AND breach.row_no < getvariable('asked_to')
        AND breach.processed_at >= getvariable('shown_from')
        AND breach.processed_at < getvariable('shown_to')
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
