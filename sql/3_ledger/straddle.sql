-- One row per counted issuance and scope whose trailing window holds more than the number, though no cycle does.
SELECT
    found.row_no,
    slot.limit_name,
    found.count,
    found.number
FROM kernel_straddle AS found
INNER JOIN ledger.slot AS slot USING (slot_no)
