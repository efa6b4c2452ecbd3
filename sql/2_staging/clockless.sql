-- One row per line of a call that no clock dates: it goes to quarantine (RULEBOOK 2, no-time).
WITH undated AS (
    SELECT
        file_id,
        record_no,
        answer_file_id,
        answer_record_no
    FROM temp.joined_call
    WHERE processed_at IS NULL AND (has_request OR len(answers) > 0)
),

undated_line AS (
    SELECT
        file_id,
        record_no
    FROM undated
    UNION ALL
    SELECT
        answer_file_id,
        answer_record_no
    FROM undated
    WHERE answer_file_id IS NOT NULL
)

SELECT
    record.file_id,
    record.line,
    record.record_no,
    coalesce(record.raw, '') AS raw
FROM undated_line
INNER JOIN staging.record AS record
    ON undated_line.file_id = record.file_id AND undated_line.record_no = record.record_no
