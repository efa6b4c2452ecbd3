-- One row per issuance but imports, processed in the part of time that is shown: the number of its reason, the limit that rejects.
SELECT
    entry.*,
    -- No version, no rules: the badge is unknown.
    coalesce(found.reason, 7) AS reason_no,
    slot.limit_name
FROM ledger.entry AS entry
-- By both, so that of a stretch of time or of numbers no more is read on either side.
LEFT JOIN decided_row AS found ON entry.row_no = found.row_no AND entry.processed_at = found.processed
LEFT JOIN ruling_slot AS slot USING (slot_no)
WHERE
    NOT entry.imported
    AND entry.processed_at >= getvariable('shown_from')
    AND entry.processed_at < getvariable('shown_to')
