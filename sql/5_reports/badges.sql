-- One row per badge that has a version or an issuance.
WITH entry_count AS (
    SELECT
        badge_id,
        sum(accepted + assumed + rejected + repeated)::BIGINT AS issuances,
        sum(counted)::BIGINT AS counted,
        sum(breaches)::BIGINT AS breaches
    FROM flags.badge_day
    GROUP BY badge_id
),

version_count AS (
    SELECT
        version.badge_id,
        count(*) AS versions
    FROM staging.version AS version
    INNER JOIN ledger.setting AS setting ON version.in_force_from <= setting.as_of OR version.version_no = 0
    GROUP BY version.badge_id
),

finding_count AS (
    SELECT
        badge_id,
        count(*) AS findings
    FROM flags.finding
    GROUP BY badge_id
),

badge AS (
    SELECT badge_id FROM version_count
    UNION
    SELECT badge_id FROM entry_count
)

SELECT
    badge.badge_id,
    last_version.name,
    last_version.org_id,
    last_version.earn_type,
    last_version.active,
    make_timestamptz(last_version.starts_at) AS starts_at,
    make_timestamptz(last_version.expires_at) AS expires_at,
    CASE
        WHEN last_version.badge_id IS NULL THEN ''
        WHEN setting.as_of >= last_version.expires_at THEN 'EXPIRED'
        WHEN setting.as_of < last_version.starts_at THEN 'UPCOMING'
        ELSE 'LIVE'
    END AS status,
    coalesce(version_count.versions, 0) AS versions,
    coalesce(entry_count.issuances, 0) AS issuances,
    coalesce(entry_count.counted, 0) AS counted,
    coalesce(entry_count.breaches, 0) AS breaches,
    coalesce(finding_count.findings, 0) AS findings
FROM badge
CROSS JOIN ledger.setting AS setting
LEFT JOIN ledger.last_version AS last_version ON badge.badge_id = last_version.badge_id
LEFT JOIN version_count ON badge.badge_id = version_count.badge_id
LEFT JOIN entry_count ON badge.badge_id = entry_count.badge_id
LEFT JOIN finding_count ON badge.badge_id = finding_count.badge_id
