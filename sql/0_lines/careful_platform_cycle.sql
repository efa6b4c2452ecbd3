-- One row per dump and cycle that it prints.
SELECT
    *,
    getvariable('file_id') AS file_id,
    getvariable('batch_id') AS batch_id
FROM read_json(
    getvariable('careful_rows'),
    columns = {
        line: 'BIGINT',
        record_no: 'BIGINT',
        badge_id: 'VARCHAR',
        customer_id: 'VARCHAR',
        logged_at: 'BIGINT',
        place: 'BIGINT',
        scope: 'VARCHAR',
        starts_on: 'BIGINT',
        ends_on: 'BIGINT',
        earn_count: 'BIGINT',
        key: 'VARCHAR'
    },
    records = true,
    auto_detect = false,
    format = 'newline_delimited',
    hive_partitioning = false,
    maximum_object_size = 134217728
)
