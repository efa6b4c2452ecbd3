-- One row per row of a request.
SELECT * EXCLUDE (row_no)
FROM report.numbered_issuances
