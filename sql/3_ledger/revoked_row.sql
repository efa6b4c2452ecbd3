-- One row per accepted issuance that was revoked by as-of: since when.
WITH standing AS (
    SELECT revocation.*
    FROM raw.revocation AS revocation
    INNER JOIN ledger.setting AS setting ON revocation.revoked_at <= setting.as_of
    ANTI JOIN staging.duplicate AS duplicate
        ON revocation.file_id = duplicate.file_id AND revocation.record_no = duplicate.record_no
),

named AS (
    SELECT
        issuance.row_no,
        issuance.processed_at,
        standing.revoked_at
    FROM standing
    INNER JOIN staging.issuance AS issuance
        ON
            standing.badge_id = issuance.badge_id
            AND standing.kind = issuance.kind
            AND standing.row_id = issuance.row_id
            AND coalesce(standing.customer_id, issuance.customer_id) = issuance.customer_id
    INNER JOIN staging.touched AS touched
        ON issuance.badge_id = touched.badge_id AND issuance.row_no >= touched.from_no
    WHERE issuance.accepted
    UNION ALL
    SELECT
        issuance.row_no,
        issuance.processed_at,
        standing.revoked_at
    FROM standing
    INNER JOIN staging.issuance AS issuance
        ON
            standing.badge_id = issuance.badge_id
            AND standing.kind = issuance.kind
            AND standing.customer_id = issuance.customer_id
            AND standing.revoked_at >= issuance.processed_at
    INNER JOIN staging.touched AS touched
        ON issuance.badge_id = touched.badge_id AND issuance.row_no >= touched.from_no
    WHERE standing.row_id IS NULL AND issuance.accepted
)

SELECT
    row_no,
    greatest(min(revoked_at), min(processed_at)) AS revoked_at
FROM named
GROUP BY row_no
