-- One row per cycle of a badge's timeline that starts at or before as-of, and the next one.
SELECT
    cycle.badge_id,
    cycle.scope,
    cycle.cycle_no,
    cycle.limit_name,
    cycle.first_day,
    cycle.last_day,
    make_timestamptz(cycle.starts_at) AS starts_at,
    make_timestamptz(cycle.ends_at) AS ends_at
FROM ledger.cycle AS cycle
CROSS JOIN ledger.setting AS setting
QUALIFY cycle.cycle_no <= 1 + count(*) FILTER (cycle.starts_at <= setting.as_of) OVER (
    PARTITION BY cycle.badge_id, cycle.scope
)
