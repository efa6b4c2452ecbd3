-- One row per flag of the audit under the combination of settings at hand.
SELECT
    getvariable('combination')::INTEGER AS combination,
    breach_id AS flag_id,
    'breach' AS kind,
    limit_name AS code,
    badge_id,
    customer_id,
    processed_at
FROM report.breaches
UNION ALL
SELECT
    getvariable('combination')::INTEGER,
    finding_id,
    'finding',
    code,
    badge_id,
    customer_id,
    processed_at
FROM report.findings
