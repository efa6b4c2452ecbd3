-- One row per issuance processed up to as-of, with whether it counts under the version in force (RULEBOOK 4).
SELECT
    issuance.*,
    revoked_row.revoked_at,
    CASE
        WHEN NOT issuance.accepted OR issuance.version_no IS NULL THEN false
        WHEN issuance.imported AND setting.imported = 'ignore' THEN false
        WHEN revoked_row.revoked_at IS NOT NULL AND setting.revoked = 'exclude' THEN false
        WHEN setting.counted = 'both' THEN true
        WHEN setting.counted = 'issue' THEN issuance.kind = 'ISSUE'
        WHEN setting.counted = 'earn' THEN issuance.kind = 'EARN'
        ELSE issuance.kind = 'EARN' OR version.earn_type = 'EARN'
    END AS counted
FROM staging.issuance AS issuance
CROSS JOIN ledger.setting AS setting
LEFT JOIN ledger.revoked_row AS revoked_row ON issuance.row_no = revoked_row.row_no
LEFT JOIN staging.version AS version
    ON issuance.badge_id = version.badge_id AND issuance.version_no = version.version_no
-- Behind a function, for of a bare comparison DuckDB expects that hardly any row meets it, and orders the joins by that.
WHERE coalesce(issuance.processed_at <= setting.as_of, false)
