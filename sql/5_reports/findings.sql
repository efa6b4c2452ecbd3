-- One row per finding.
SELECT
    finding.code,
    finding.badge_id,
    make_timestamptz(finding.processed_at) AS processed_at,
    finding.row_key,
    finding.finding_id,
    finding.platform_code,
    finding.severity,
    finding.customer_id,
    finding.issuance_id,
    finding.request_id,
    finding.detail,
    source.path AS source_file,
    finding.line AS source_line
FROM flags.finding AS finding
LEFT JOIN staging.source AS source USING (file_id)
