-- One row per breach or finding that stands, stood, or is remembered, with its two sides.
SELECT
    coalesce(present.kind, earlier.kind) AS kind,
    coalesce(present.flag_id, earlier.flag_id) AS flag_id,
    coalesce(present.badge_id, earlier.badge_id) AS badge_id,
    coalesce(present.limit_name, earlier.limit_name) AS limit_name,
    coalesce(present.code, earlier.code) AS code,
    coalesce(present.scope, earlier.scope) AS scope,
    coalesce(present.customer_id, earlier.customer_id) AS customer_id,
    coalesce(present.processed_at, earlier.processed_at) AS processed_at,
    coalesce(present.row_key, earlier.row_key) AS row_key,
    coalesce(present.number, earlier.number) AS number,
    present.count,
    earlier.count AS count_before,
    NOT (present.version IS NOT DISTINCT FROM earlier.version)
    OR NOT (present.number IS NOT DISTINCT FROM earlier.number) AS judged_otherwise,
    coalesce(present.source_file, earlier.source_file) AS source_file,
    coalesce(present.source_line, earlier.source_line) AS source_line,
    present.file_id,
    present.flag_id IS NOT NULL AS stands,
    earlier.memory,
    earlier.first_seen,
    earlier.gone_at,
    -- What stood and stands with the same count needs no cause, nor what was gone before and is gone.
    coalesce(
        present.flag_id IS NOT NULL AND earlier.memory <> 'gone' AND present.count IS NOT DISTINCT FROM earlier.count,
        false
    )
    OR coalesce(present.flag_id IS NULL AND earlier.memory = 'gone', false) AS is_settled
FROM temp.flag AS present
FULL JOIN temp.earlier_flag AS earlier ON present.kind = earlier.kind AND present.flag_id = earlier.flag_id
