-- One row per issuance over a limit, of the badges that a report decides again: what replay says of it (RULEBOOK 10).
SELECT
    told_row.row_key,
    verdict.decision,
    verdict.reason,
    coalesce(slot.limit_name, '') AS limit_name,
    verdict.compared
FROM told_row
LEFT JOIN decided_row AS found ON told_row.row_no = found.row_no AND told_row.processed = found.processed
LEFT JOIN ruling_slot AS slot ON found.slot_no = slot.slot_no
-- No version, no rules: the badge is unknown.
INNER JOIN verdict ON coalesce(found.reason, 7) = verdict.reason_no AND told_row.accepted = verdict.accepted
WHERE told_row.row_no IN (FROM found_row)
