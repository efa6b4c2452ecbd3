-- One row per cycle that does not begin where the one before it ends.
SELECT
    badge_id || ' ' || scope || ' ' || cycle_no AS found_at,
    lag(ends_at) OVER (PARTITION BY badge_id, scope ORDER BY cycle_no) AS expected,
    starts_at AS found
FROM ledger.cycle
QUALIFY lag(ends_at) OVER (PARTITION BY badge_id, scope ORDER BY cycle_no) <> starts_at
