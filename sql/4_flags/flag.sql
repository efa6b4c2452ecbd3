-- One row per breach or finding of this report that is compared, both in one shape; of findings with one id the first by source.
WITH every AS (
    SELECT
        'breach' AS kind,
        breach.breach_id AS flag_id,
        breach.badge_id,
        breach.limit_name,
        breach.scope,
        breach.customer_id,
        breach.processed_at,
        breach.row_key,
        breach.number,
        breach.count,
        version.version,
        breach.file_id,
        breach.line
    FROM flags.breach AS breach
    INNER JOIN staging.version AS version
        ON breach.badge_id = version.badge_id AND breach.version_no = version.version_no
    WHERE is_compared(NULL, breach.badge_id, breach.processed_at)
    UNION ALL BY NAME
    SELECT
        'finding' AS kind,
        finding_id AS flag_id,
        badge_id,
        code,
        customer_id,
        processed_at,
        row_key,
        detail,
        file_id,
        line
    FROM flags.finding
    WHERE is_compared(code, badge_id, processed_at)
)

SELECT
    every.* EXCLUDE (detail, line),
    source.path AS source_file,
    every.line AS source_line
FROM every
LEFT JOIN staging.source AS source ON every.file_id = source.file_id
QUALIFY row_number() OVER (
    PARTITION BY every.kind, every.flag_id ORDER BY source.path, every.line, every.detail, source.sha256
) = 1
