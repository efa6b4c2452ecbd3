-- One row per call record: the lines of calls without those that repeat another.
SELECT
    call.*,
    source.file_rank
FROM staging.due_call AS call
INNER JOIN staging.source AS source USING (file_id)
ANTI JOIN staging.same_call AS same_record
    ON call.file_id = same_record.file_id AND call.record_no = same_record.record_no
