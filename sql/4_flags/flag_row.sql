-- One row per issuance under a flag that changed: how it is judged now, and how it was in the earlier report.
WITH asked AS (
    SELECT DISTINCT row_key
    FROM temp.flag_pair
    WHERE NOT is_settled AND getvariable('earlier_exists')
),

judged AS (
    SELECT
        asked.row_key,
        entry.row_key IS NOT NULL AS is_here,
        entry.accepted,
        entry.counted,
        version.version,
        version.file_id,
        version.line,
        earlier.row_key IS NOT NULL AS was_here,
        earlier.counted AS was_counted,
        coalesce(earlier.outcome IN ('ACCEPTED', 'ASSUMED'), false) AS was_accepted,
        -- A lone response may have had no badge then.
        CASE WHEN earlier.row_key IS NULL THEN entry.badge_id ELSE coalesce(earlier.badge_id, '') END AS badge_id,
        coalesce(entry.processed_at, earlier.processed_at) AS processed_at
    FROM asked
    LEFT JOIN temp.compared_entry AS entry ON asked.row_key = entry.row_key
    LEFT JOIN staging.version AS version
        ON entry.badge_id = version.badge_id AND entry.version_no = version.version_no
    LEFT JOIN temp.earlier_issuances AS earlier ON asked.row_key = earlier.row_key
    WHERE entry.row_key IS NOT NULL OR earlier.row_key IS NOT NULL
)

SELECT
    judged.* EXCLUDE (file_id, line, badge_id, processed_at),
    source.path AS version_path,
    judged.line AS version_line,
    earlier_version.version AS earlier_version
FROM judged
LEFT JOIN staging.source AS source ON judged.file_id = source.file_id
ASOF LEFT JOIN temp.earlier_version AS earlier_version
    ON judged.badge_id = earlier_version.badge_id AND judged.processed_at >= earlier_version.valid_from
