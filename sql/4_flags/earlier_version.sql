-- One row per version of a badge that the earlier report knew, with the instant from which it judged.
WITH ruling AS (
    SELECT
        definition.badge_id,
        definition.in_force_from,
        definition.content
    FROM raw.definition AS definition
    ANTI JOIN temp.fresh_file AS fresh_file ON definition.file_id = fresh_file.file_id
    WHERE NOT definition.refused
    QUALIFY row_number() OVER (
        PARTITION BY definition.badge_id, definition.in_force_from
        ORDER BY definition.logged_at DESC NULLS LAST, definition.content DESC
    ) = 1
)

SELECT
    badge_id,
    instant_text(in_force_from) || '~' || left(md5(content), 8) AS version,
    CASE
        WHEN row_number() OVER (PARTITION BY badge_id ORDER BY in_force_from) = 1 THEN -9223372036854775807
        ELSE in_force_from
    END AS valid_from
FROM ruling
