-- One row per limit in force at as-of and subject with a count above 0 at as-of.
SELECT
    slot.badge_id,
    slot.limit_name,
    slot.scope,
    customer_code.customer_id,
    found.count::BIGINT AS count,
    found.number,
    found.peak_count::BIGINT AS peak_count,
    found.peak_at
FROM kernel_limit_use AS found
INNER JOIN ledger.slot AS slot USING (slot_no)
LEFT JOIN ledger.customer_code AS customer_code ON found.customer = customer_code.customer_no
