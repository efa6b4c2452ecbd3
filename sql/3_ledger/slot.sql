-- One row per badge and limit name, through all versions: what the kernel counts.
SELECT
    row_number() OVER (ORDER BY badge_id, limit_name) - 1 AS slot_no,
    badge_id,
    limit_name,
    min(scope) AS scope,
    min(kind) AS kind,
    min(short_code) AS short_code
FROM staging.version_limit
WHERE rules
GROUP BY badge_id, limit_name
