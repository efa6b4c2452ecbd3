-- One row per breach or finding that the earlier report told or remembered, with what it was there.
WITH told AS (
    SELECT
        'breach' AS kind,
        breach_id AS flag_id,
        badge_id,
        limit_name,
        scope,
        customer_id,
        processed_at,
        row_key,
        number,
        count,
        version,
        source_file,
        source_line
    FROM temp.earlier_breaches
    UNION ALL BY NAME
    SELECT
        'finding' AS kind,
        finding_id AS flag_id,
        badge_id,
        code,
        customer_id,
        processed_at,
        row_key,
        source_file,
        source_line
    FROM temp.earlier_findings
    QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY source_file, source_line, detail) = 1
)

SELECT
    told.*,
    'stood' AS memory,
    coalesce(remembered.first_seen, getvariable('earlier_as_of')) AS first_seen,
    NULL::BIGINT AS gone_at
FROM told
LEFT JOIN temp.earlier_changes AS remembered
    ON told.kind = remembered.kind AND told.flag_id = remembered.flag_id
UNION ALL BY NAME
SELECT
    kind,
    flag_id,
    badge_id,
    limit_name,
    code,
    scope,
    customer_id,
    processed_at,
    row_key,
    number,
    coalesce(count, count_before) AS count,
    source_file,
    source_line,
    CASE state WHEN 'not-judged' THEN 'not judged' ELSE 'gone' END AS memory,
    first_seen,
    gone_at
FROM temp.earlier_changes
WHERE kind <> 'cycle' AND state IN ('gone', 'gone-before', 'not-judged')
