-- One row per accepted issuance and rule of the version in force that it does not keep.
WITH judged AS (
    SELECT
        entry.row_no,
        entry.kind,
        entry.event_at,
        entry.owner_type,
        version.starts_at,
        version.expires_at,
        version.active,
        version.owners,
        version.earn_type
    FROM temp.touched_entry AS entry
    INNER JOIN staging.version AS version
        ON entry.badge_id = version.badge_id AND entry.version_no = version.version_no
    WHERE entry.accepted
)

SELECT
    'outside-badge-period' AS code,
    row_no,
    'event ' || instant_text(event_at) || ' is not in [' || instant_text(starts_at) || ', ' || instant_text(expires_at)
    || ')' AS detail
FROM judged
WHERE event_at < starts_at OR event_at >= expires_at
UNION ALL
SELECT
    'badge-not-active' AS code,
    row_no,
    'the badge is not active' AS detail
FROM judged
WHERE NOT active
UNION ALL
SELECT
    'owner-not-allowed' AS code,
    row_no,
    owner_type || ' is not among ' || array_to_string(owners, ', ') AS detail
FROM judged
WHERE owner_type <> 'Membercare' AND len(owners) > 0 AND NOT list_contains(owners, owner_type)
UNION ALL
SELECT
    'issue-of-direct-badge' AS code,
    row_no,
    'nobody is enrolled for a badge of earnType EARN' AS detail
FROM judged
WHERE kind = 'ISSUE' AND earn_type = 'EARN'
