-- One row per accepted or assumed issuance: when it expires, by which rule, and its state at as-of.
SELECT * EXCLUDE (row_no)
FROM report.numbered_expirations
