-- One row per cycle of a badge's timeline, from its first up to the one after as-of and after the last event (RULEBOOK 6.1).
SELECT
    badge_code.badge_id,
    CASE found.scope WHEN 0 THEN 'BADGE' ELSE 'CUSTOMER' END AS scope,
    found.cycle_no,
    slot.limit_name,
    DATE '1970-01-01' + found.first_day::INTEGER AS first_day,
    DATE '1970-01-01' + (found.end_day - 1)::INTEGER AS last_day,
    found.starts_at,
    found.ends_at
FROM kernel_cycle AS found
INNER JOIN ledger.badge_code AS badge_code USING (badge_no)
INNER JOIN ledger.slot AS slot USING (slot_no)
