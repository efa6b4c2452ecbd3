-- One row per line that was refused.
SELECT
    *,
    getvariable('file_id') AS file_id,
    getvariable('batch_id') AS batch_id
FROM read_json(
    getvariable('careful_rows'),
    columns = { line: 'BIGINT', record_no: 'BIGINT', reason: 'VARCHAR', detail: 'VARCHAR', raw: 'VARCHAR' },
    records = true,
    auto_detect = false,
    format = 'newline_delimited',
    hive_partitioning = false,
    maximum_object_size = 134217728
)
