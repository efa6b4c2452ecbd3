-- One row per badge with a version that came since the earlier report, or came into force since: the latest of them.
SELECT
    version.badge_id,
    source.path,
    version.line
FROM staging.version AS version
INNER JOIN staging.source AS source ON version.file_id = source.file_id
INNER JOIN ledger.setting AS setting ON version.in_force_from <= setting.as_of OR version.version_no = 0
WHERE
    version.file_id IN (SELECT fresh_file.file_id FROM temp.fresh_file AS fresh_file)
    OR version.in_force_from > getvariable('earlier_as_of')
QUALIFY row_number() OVER (PARTITION BY version.badge_id ORDER BY version.version_no DESC) = 1
