-- One row per badge and local day on which calls were processed: its issuances by outcome, and the breaches among them.
WITH breached AS (
    SELECT
        row_no,
        count(*) AS breaches
    FROM flags.breach
    SEMI JOIN staging.touched USING (badge_id)
    GROUP BY row_no
)

SELECT
    entry.badge_id,
    zone_day.day,
    count(DISTINCT entry.call_no) AS requests,
    count(*) FILTER (entry.outcome = 'ACCEPTED') AS accepted,
    count(*) FILTER (entry.outcome = 'ASSUMED') AS assumed,
    count(*) FILTER (entry.outcome = 'REJECTED') AS rejected,
    count(*) FILTER (entry.outcome = 'REPEAT') AS repeated,
    count(*) FILTER (entry.counted) AS counted,
    coalesce(sum(breached.breaches), 0)::BIGINT AS breaches
FROM ledger.touched_entry AS entry
ASOF JOIN ledger.zone_day AS zone_day ON entry.processed_at >= zone_day.starts_at
LEFT JOIN breached ON entry.row_no = breached.row_no
GROUP BY entry.badge_id, zone_day.day
