-- One row per issuance processed in the part of time that is shown: reason and limit under the recorded rules, side A,
-- and under the other ones, side B; an empty reason admits.
SELECT
    judged_row.row_no,
    judged_row.badge_id,
    judged_row.customer_id,
    judged_row.processed_at,
    reason_before.reason AS reason_a,
    coalesce(slot_before.limit_name, '') AS limit_a,
    reason.reason AS reason_b,
    coalesce(judged_row.limit_name, '') AS limit_b
FROM judged_row
LEFT JOIN decided_before AS before
    ON judged_row.row_no = before.row_no AND judged_row.processed_at = before.processed
LEFT JOIN slot_before ON before.slot_no = slot_before.slot_no
INNER JOIN reason ON judged_row.reason_no = reason.reason_no
INNER JOIN reason AS reason_before ON coalesce(before.reason, 7) = reason_before.reason_no
