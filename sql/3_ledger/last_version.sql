-- One row per badge with a version: the last one up to as-of, or the first that ever came (RULEBOOK 5).
SELECT version.*
FROM staging.version AS version
INNER JOIN ledger.setting AS setting ON version.in_force_from <= setting.as_of OR version.version_no = 0
QUALIFY row_number() OVER (PARTITION BY version.badge_id ORDER BY version.version_no DESC) = 1
