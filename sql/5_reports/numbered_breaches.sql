-- One row per counted issuance over a limit, with its number, by which few of many are found.
SELECT
    breach.row_no,
    breach.badge_id,
    breach.limit_name,
    make_timestamptz(breach.processed_at) AS processed_at,
    breach.row_key,
    breach.breach_id,
    last_version.name AS badge_name,
    breach.scope,
    breach.customer_id,
    breach.number,
    breach.count,
    breach.excess,
    make_timestamptz(breach.window_start) AS window_start,
    make_timestamptz(breach.window_end) AS window_end,
    make_timestamptz(breach.event_at) AS event_at,
    breach.issuance_id,
    breach.request_id,
    breach.owner_type,
    version.version,
    source.path AS source_file,
    breach.line AS source_line
FROM flags.breach AS breach
INNER JOIN staging.source AS source USING (file_id)
INNER JOIN staging.version AS version
    ON breach.badge_id = version.badge_id AND breach.version_no = version.version_no
INNER JOIN ledger.last_version AS last_version ON breach.badge_id = last_version.badge_id
