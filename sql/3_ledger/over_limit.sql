-- One row per counted issuance and limit whose count is over the number (RULEBOOK 7); bounds in microseconds.
SELECT
    found.row_no,
    slot.badge_id,
    slot.limit_name,
    slot.scope,
    slot.short_code,
    found.number,
    found.count,
    -- The kernel writes the smallest integer where a fixed value has no start.
    nullif(found.window_start, -9223372036854775808) AS window_start,
    found.window_end
FROM kernel_over_limit AS found
INNER JOIN ledger.slot AS slot USING (slot_no)
