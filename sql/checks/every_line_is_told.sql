-- One row per file of the last ingest of which a line was counted, and neither kept nor refused.
WITH kept AS (
    SELECT
        file_id,
        record_no
    FROM raw.call
    UNION ALL
    SELECT
        file_id,
        record_no
    FROM raw.definition
    UNION ALL
    SELECT
        file_id,
        record_no
    FROM raw.revocation
    UNION ALL
    SELECT
        file_id,
        record_no
    FROM raw.platform_cycle
    UNION ALL
    SELECT
        file_id,
        record_no
    FROM raw.quarantine
),

told AS (
    SELECT
        file_id,
        count(DISTINCT record_no) AS lines
    FROM kept
    GROUP BY file_id
)

SELECT
    file.sha256 AS found_at,
    file.lines AS expected,
    coalesce(told.lines, 0) AS found
FROM raw.file AS file
LEFT JOIN told USING (file_id)
WHERE
    file.batch_id = (SELECT max(batch.batch_id) FROM raw.batch AS batch)
    AND file.lines <> coalesce(told.lines, 0)
ORDER BY file.sha256
