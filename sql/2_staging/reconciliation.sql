-- One row per file: what became of its lines. lines = accepted + duplicate + quarantined (RULEBOOK 3).
WITH duplicate AS (
    SELECT
        file_id,
        count(*) AS duplicates
    FROM staging.duplicate
    GROUP BY file_id
),

quarantined AS (
    SELECT
        file_id,
        count(*) AS refused
    FROM staging.quarantined
    GROUP BY file_id
)

SELECT
    source.file_id,
    source.path,
    source.sha256,
    source.lines,
    source.lines - coalesce(duplicate.duplicates, 0) - coalesce(quarantined.refused, 0) AS accepted,
    coalesce(duplicate.duplicates, 0) AS duplicate,
    coalesce(quarantined.refused, 0) AS quarantined
FROM staging.source AS source
LEFT JOIN duplicate USING (file_id)
LEFT JOIN quarantined USING (file_id)
