-- One row per accepted or assumed issuance, with its number, by which few of many are found: when it expires.
SELECT
    entry.row_no,
    make_timestamptz(entry.processed_at) AS processed_at,
    entry.row_key,
    entry.issuance_id,
    entry.badge_id,
    entry.customer_id,
    entry.kind,
    make_timestamptz(entry.event_at) AS event_at,
    expiry.rule,
    make_timestamptz(expiry.expires_at) AS expires_at,
    CASE
        WHEN entry.revoked_at < coalesce(expiry.expires_at, 9223372036854775807) THEN 'REVOKED'
        WHEN expiry.expires_at <= setting.as_of THEN 'EXPIRED'
        ELSE 'ACTIVE'
    END AS state,
    make_timestamptz(entry.reported_expires_at) AS reported_expires_at,
    make_timestamptz(entry.revoked_at) AS revoked_at
FROM ledger.entry AS entry
CROSS JOIN ledger.setting AS setting
LEFT JOIN ledger.expiry AS expiry ON entry.row_no = expiry.row_no
-- Said with a setting, for of a bare column DuckDB expects that few rows meet it, and orders the joins by that.
WHERE coalesce(entry.accepted, setting.as_of IS NULL)
