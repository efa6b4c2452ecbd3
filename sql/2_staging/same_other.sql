-- One row per line of a definition, a revocation or a dump that holds the same values as another line.
WITH definition_place AS (
    SELECT
        definition.file_id,
        definition.record_no,
        definition.logged_at IS NULL
        AND count(definition.logged_at) OVER (PARTITION BY definition.definition_key) > 0 AS is_half,
        row_number() OVER (
            PARTITION BY definition.definition_key, definition.logged_at
            ORDER BY source.file_rank, definition.line, definition.record_no
        ) AS delivery_no
    FROM raw.definition AS definition
    INNER JOIN staging.source AS source USING (file_id)
),

other_record AS (
    SELECT
        file_id,
        line,
        record_no,
        key
    FROM raw.revocation
    UNION
    SELECT
        file_id,
        line,
        record_no,
        key
    FROM raw.platform_cycle
),

other_place AS (
    SELECT
        other_record.file_id,
        other_record.record_no,
        row_number() OVER (
            PARTITION BY other_record.key
            ORDER BY source.file_rank, other_record.line, other_record.record_no
        ) AS delivery_no
    FROM other_record
    INNER JOIN staging.source AS source USING (file_id)
)

SELECT
    file_id,
    record_no
FROM definition_place
WHERE is_half OR delivery_no > 1
UNION
SELECT
    file_id,
    record_no
FROM other_place
WHERE delivery_no > 1
