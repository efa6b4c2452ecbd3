-- One row per row of a request, with its number, by which few of many are found (one of `report.issuance_places`).
SELECT
    entry.row_no,
    make_timestamptz(entry.processed_at) AS processed_at,
    coalesce(entry.request_id, '') AS request_id,
    entry.position,
    entry.row_key,
    entry.issuance_id,
    entry.badge_id,
    entry.customer_id,
    entry.kind,
    entry.outcome,
    entry.code,
    entry.counted,
    make_timestamptz(entry.event_at) AS event_at,
    entry.owner_type,
    make_timestamptz(entry.reported_expires_at) AS reported_expires_at,
    make_timestamptz(entry.revoked_at) AS revoked_at,
    source.path AS source_file,
    entry.line AS source_line
FROM ledger.entry AS entry
INNER JOIN staging.source AS source USING (file_id)
