-- One row per issuance processed in the part of time that is shown: the decision, beside what was recorded (RULEBOOK 10).
SELECT
    told_row.processed_at,
    told_row.request_id,
    told_row.position,
    told_row.row_key,
    told_row.issuance_id,
    told_row.badge_id,
    told_row.customer_id,
    verdict.decision,
    verdict.reason,
    coalesce(slot.limit_name, '') AS limit_name,
    told_row.recorded_outcome,
    told_row.recorded_code,
    verdict.compared
FROM told_row
LEFT JOIN decided_row AS found ON told_row.row_no = found.row_no AND told_row.processed = found.processed
LEFT JOIN ruling_slot AS slot ON found.slot_no = slot.slot_no
-- No version, no rules: the badge is unknown.
INNER JOIN verdict ON coalesce(found.reason, 7) = verdict.reason_no AND told_row.accepted = verdict.accepted
