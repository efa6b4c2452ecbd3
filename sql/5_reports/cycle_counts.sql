-- One row per cycle and subject with at least one counted row.
SELECT
    cycle_count.badge_id,
    cycle_count.scope,
    cycle_count.cycle_no,
    coalesce(cycle_count.customer_id, '') AS customer_id,
    cycle.limit_name,
    cycle.first_day,
    cycle.last_day,
    make_timestamptz(cycle.starts_at) AS starts_at,
    make_timestamptz(cycle.ends_at) AS ends_at,
    cycle_count.count,
    cycle_count.number,
    cycle_count.number - cycle_count.count AS headroom,
    cycle_count.breached
FROM ledger.cycle_count AS cycle_count
INNER JOIN ledger.cycle AS cycle USING (badge_id, scope, cycle_no)
