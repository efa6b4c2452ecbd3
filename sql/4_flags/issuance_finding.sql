-- One row per finding about one issuance, with the issuance (RULEBOOK 9).
SELECT
    row_finding.code,
    entry.row_no,
    entry.badge_id,
    entry.processed_at,
    entry.row_key,
    entry.customer_id,
    entry.issuance_id,
    entry.request_id,
    row_finding.detail,
    entry.file_id,
    entry.line
FROM temp.row_finding AS row_finding
INNER JOIN temp.touched_entry AS entry USING (row_no)
