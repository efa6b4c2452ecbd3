-- One row per issuance processed in the part of time that is shown.
SELECT
    make_timestamptz(processed_at) AS processed_at,
    request_id,
    position,
    row_key,
    issuance_id,
    badge_id,
    customer_id,
    CASE WHEN admitted THEN 'ADMIT' ELSE 'REJECT' END AS decision,
    reason,
    limit_name,
    recorded_outcome,
    recorded_code,
    compared
FROM decision
WHERE processed_at >= getvariable('shown_from') AND processed_at < getvariable('shown_to')
