-- One row per issuance that is compared: of the badges that are, from the instant on from which each is.
SELECT
    entry.row_no,
    entry.call_no,
    entry.row_key,
    entry.badge_id,
    entry.customer_id,
    entry.kind,
    entry.processed_at,
    entry.event_at,
    entry.outcome,
    entry.code,
    entry.accepted,
    entry.counted,
    entry.reported_expires_at,
    entry.revoked_at,
    entry.row_id,
    entry.version_no,
    entry.file_id,
    entry.line
FROM ledger.entry AS entry
INNER JOIN temp.compared_badge AS compared
    ON entry.badge_id = compared.compared_id AND entry.processed_at >= compared.from_at
-- The lowest of all instants spares most of the rows.
WHERE entry.processed_at >= getvariable('compared_from')
