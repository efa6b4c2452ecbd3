-- One row per issuance processed in the part of time that is shown: reason and limit under the recorded rules, side A,
-- and under the other ones, side B; an empty reason admits.
SELECT
    entry.badge_id,
    entry.customer_id,
    entry.processed_at,
    CASE WHEN before.row_no IS NULL THEN 'unknown-badge' ELSE coalesce(reason_before.reason, '') END AS reason_a,
    coalesce(slot_before.limit_name, '') AS limit_a,
    CASE WHEN found.row_no IS NULL THEN 'unknown-badge' ELSE coalesce(reason.reason, '') END AS reason_b,
    coalesce(slot.limit_name, '') AS limit_b
FROM ledger.entry AS entry
LEFT JOIN decided_before AS before ON entry.row_no = before.row_no
LEFT JOIN reason AS reason_before ON before.reason = reason_before.reason_no
LEFT JOIN slot_before ON before.slot_no = slot_before.slot_no
LEFT JOIN decided_row AS found ON entry.row_no = found.row_no
LEFT JOIN reason ON found.reason = reason.reason_no
LEFT JOIN ruling_slot AS slot ON found.slot_no = slot.slot_no
WHERE entry.processed_at >= getvariable('shown_from') AND entry.processed_at < getvariable('shown_to')
