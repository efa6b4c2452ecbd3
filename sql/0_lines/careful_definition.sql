-- One row per badge definition that was read.
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
        in_force_from: 'BIGINT',
        logged_at: 'BIGINT',
        org_id: 'VARCHAR',
        refused: 'BOOLEAN',
        content: 'VARCHAR',
        definition: 'VARCHAR',
        definition_key: 'VARCHAR'
    },
    records = true,
    auto_detect = false,
    format = 'newline_delimited',
    hive_partitioning = false,
    maximum_object_size = 134217728
)
