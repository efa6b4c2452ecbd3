-- One row per counted issuance over a limit.
SELECT * EXCLUDE (row_no)
FROM report.numbered_breaches
