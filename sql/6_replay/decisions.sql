-- One row per issuance processed in the part of time that is shown: the decision, beside what was recorded (RULEBOOK 10).
SELECT
    make_timestamptz(judged_row.processed_at) AS processed_at,
    coalesce(judged_row.request_id, '') AS request_id,
    judged_row.position,
    judged_row.row_key,
    judged_row.issuance_id,
    judged_row.badge_id,
    judged_row.customer_id,
    CASE WHEN reason_no = 0 THEN 'ADMIT' ELSE 'REJECT' END AS decision,
    reason.reason,
    coalesce(judged_row.limit_name, '') AS limit_name,
    judged_row.outcome AS recorded_outcome,
    judged_row.code AS recorded_code,
    CASE
        WHEN judged_row.accepted = (reason_no = 0) THEN 'same'
        WHEN judged_row.accepted THEN 'newly-rejected'
        ELSE 'newly-admitted'
    END AS compared
FROM judged_row
INNER JOIN reason USING (reason_no)
