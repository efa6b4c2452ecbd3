-- One row per issuance that rules decide: its call, the number of its reason, the limit's where one rejects, the record.
SELECT
    row_no,
    processed,
    call_no,
    reason,
    nullif(slot_no, -1) AS slot_no,
    accepted
FROM kernel_decision
WHERE NOT fact
