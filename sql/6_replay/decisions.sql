-- One row per issuance processed in the part of time that is shown: the decision, beside what was recorded (RULEBOOK 10).
WITH judged AS (
    SELECT
        entry.*,
        slot.limit_name,
        CASE WHEN found.row_no IS NULL THEN 'unknown-badge' ELSE reason.reason END AS reason
    FROM ledger.entry AS entry
    LEFT JOIN decided_row AS found USING (row_no)
    LEFT JOIN reason ON found.reason = reason.reason_no
    LEFT JOIN ruling_slot AS slot USING (slot_no)
    WHERE entry.processed_at >= getvariable('shown_from') AND entry.processed_at < getvariable('shown_to')
)

SELECT
    make_timestamptz(processed_at) AS processed_at,
    coalesce(request_id, '') AS request_id,
    position,
    row_key,
    issuance_id,
    badge_id,
    customer_id,
    CASE WHEN reason IS NULL THEN 'ADMIT' ELSE 'REJECT' END AS decision,
    coalesce(reason, '') AS reason,
    coalesce(limit_name, '') AS limit_name,
    outcome AS recorded_outcome,
    code AS recorded_code,
    CASE
        WHEN accepted = (reason IS NULL) THEN 'same'
        WHEN accepted THEN 'newly-rejected'
        ELSE 'newly-admitted'
    END AS compared
FROM judged
