-- One row per issuance of a badge of which something is accounted for anew: what its windows look back to.
SELECT
    entry.row_no,
    entry.call_no,
    entry.badge_id,
    entry.customer_id,
    entry.version_no,
    entry.kind,
    entry.accepted,
    entry.outcome,
    entry.counted,
    entry.processed_at,
    entry.event_at,
    entry.revoked_at
FROM ledger.entry AS entry
SEMI JOIN staging.touched AS touched ON entry.badge_id = touched.badge_id
