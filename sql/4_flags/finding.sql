-- One row per finding, whatever it is about, with its severity and the platform's code for it (RULEBOOK 9).
WITH every AS (
    SELECT * FROM temp.issuance_finding
    UNION ALL BY NAME
    SELECT * FROM flags.definition_finding
    UNION ALL BY NAME
    SELECT * FROM flags.dump_finding
    UNION ALL BY NAME
    SELECT * FROM flags.feed_finding
)

SELECT
    *,
    row_key || '~' || code AS finding_id,
    CASE code
        WHEN 'invalid-enum' THEN '400'
        WHEN 'duplicate-request' THEN '809'
        WHEN 'outside-badge-period' THEN '816'
        WHEN 'overlapping-issue' THEN '1040'
        WHEN 'badge-not-active' THEN '1039'
        WHEN 'owner-not-allowed' THEN '714'
        WHEN 'issue-of-direct-badge' THEN '801'
        WHEN 'start-after-end' THEN '720'
        WHEN 'start-changed-when-live' THEN '723'
        WHEN 'expiry-in-past' THEN '724'
        WHEN 'illegal-constraint-change' THEN '826'
        WHEN 'duplicate-badge-name' THEN '725'
        WHEN 'unknown-badge' THEN '1054'
    END AS platform_code,
    CASE
        WHEN code IN ('owner-not-allowed', 'wrongly-rejected', 'no-input') THEN 'warning'
        WHEN code IN ('issue-of-direct-badge', 'straddle') THEN 'notice'
        ELSE 'error'
    END AS severity
FROM every
