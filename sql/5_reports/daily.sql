-- One row per badge and local day on which calls were processed.
WITH breached AS (
    SELECT
        row_no,
        count(*) AS breaches
    FROM flags.breach
    GROUP BY row_no
),

dated AS (
    SELECT
        entry.*,
        zone_day.day,
        coalesce(breached.breaches, 0) AS breaches,
        entry.accepted
        AND expiry.expires_at <= setting.as_of
        AND coalesce(entry.revoked_at >= expiry.expires_at, true) AS expired
    FROM ledger.entry AS entry
    CROSS JOIN ledger.setting AS setting
    ASOF JOIN ledger.zone_day AS zone_day ON entry.processed_at >= zone_day.starts_at
    LEFT JOIN ledger.expiry AS expiry ON entry.row_no = expiry.row_no
    LEFT JOIN breached ON entry.row_no = breached.row_no
)

SELECT
    badge_id,
    day,
    count(DISTINCT call_no) AS requests,
    count(*) FILTER (outcome = 'ACCEPTED') AS accepted,
    count(*) FILTER (outcome = 'ASSUMED') AS assumed,
    count(*) FILTER (outcome = 'REJECTED') AS rejected,
    count(*) FILTER (outcome = 'REPEAT') AS repeated,
    count(*) FILTER (counted) AS counted,
    sum(breaches)::BIGINT AS breaches,
    count(*) FILTER (expired) AS expired
FROM dated
GROUP BY badge_id, day
