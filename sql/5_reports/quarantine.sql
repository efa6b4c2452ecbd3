-- One row per refused line.
SELECT
    source.path AS source_file,
    quarantined.line AS source_line,
    quarantined.reason,
    quarantined.raw
FROM staging.quarantined AS quarantined
INNER JOIN staging.source AS source USING (file_id)
