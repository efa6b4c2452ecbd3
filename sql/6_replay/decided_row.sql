-- One row per issuance that rules decide: the number of its reason, and the limit's where one rejects.
SELECT
    row_no,
    reason,
    nullif(slot_no, -1) AS slot_no
FROM kernel_decision
