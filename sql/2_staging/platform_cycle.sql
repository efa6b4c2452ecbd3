-- One row per cycle that a dump of getFixedWindowDetails prints, in the order in which findings take the first.
SELECT
    row_number() OVER (ORDER BY source.file_rank, printed.line, printed.record_no, printed.place) AS printed_no,
    printed.badge_id,
    printed.customer_id,
    printed.logged_at,
    printed.scope,
    printed.starts_on,
    printed.ends_on,
    printed.earn_count,
    printed.file_id,
    printed.line
FROM raw.platform_cycle AS printed
INNER JOIN staging.source AS source USING (file_id)
ANTI JOIN staging.duplicate AS duplicate
    ON printed.file_id = duplicate.file_id AND printed.record_no = duplicate.record_no
WHERE printed.scope IS NOT NULL
