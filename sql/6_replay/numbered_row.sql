-- One row per issuance processed in the stretch of time at hand: what `decisions` shows, its reason and limit by their numbers.
SELECT
    told_row.*,
    -- No version, no rules: the badge is unknown.
    coalesce(found.reason, 7) AS reason_no,
    found.slot_no
FROM told_row
LEFT JOIN decided_row AS found ON told_row.row_no = found.row_no AND told_row.processed = found.processed
WHERE told_row.processed >= getvariable('time_from') AND told_row.processed < getvariable('time_to')
