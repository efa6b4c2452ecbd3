-- One row per badge, version and limit.
SELECT
    version_limit.badge_id,
    version.version,
    version_limit.limit_name,
    make_timestamptz(version.in_force_from) AS in_force_from,
    version_limit.scope,
    version_limit.number
FROM staging.version_limit AS version_limit
INNER JOIN staging.version AS version USING (badge_id, version_no)
INNER JOIN ledger.setting AS setting ON version.in_force_from <= setting.as_of OR version.version_no = 0
WHERE version_limit.rules
