-- One row per reason of a decision and what was recorded: the words of `decisions`.
SELECT
    reason.reason_no,
    record.accepted,
    CASE WHEN reason.reason_no = 0 THEN 'ADMIT' ELSE 'REJECT' END AS decision,
    reason.reason,
    CASE
        WHEN record.accepted = (reason.reason_no = 0) THEN 'same'
        WHEN record.accepted THEN 'newly-rejected'
        ELSE 'newly-admitted'
    END AS compared
FROM reason
CROSS JOIN (VALUES (false), (true)) AS record (accepted)
