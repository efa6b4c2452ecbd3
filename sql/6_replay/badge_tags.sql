-- One row per badge and version: how `--rules` may name its tags, of all lines that tell it; not known where one of them
-- was read by software that kept no tags.
WITH told AS (
    SELECT
        badge_id,
        instant_text(in_force_from) || '~' || left(md5(content), 8) AS version,
        json_transform(definition -> 'tags', '[{"name": "VARCHAR", "value": "VARCHAR"}]') AS tags
    FROM raw.definition
    WHERE NOT refused
)

SELECT
    version.badge_id,
    version.version_no,
    bool_and(told.tags IS NOT NULL) AS known,
    list_sort(
        list_distinct(
            flatten(
                list(
                    list_concat(
                        list_transform(told.tags, LAMBDA tag: tag.name),
                        list_transform(
                            list_filter(told.tags, LAMBDA tag: tag.value IS NOT NULL),
                            LAMBDA tag: tag.name || '=' || tag.value
                        )
                    )
                )
            )
        )
    ) AS tags
FROM staging.version AS version
INNER JOIN told ON version.badge_id = told.badge_id AND version.version = told.version
GROUP BY version.badge_id, version.version_no
