-- One row per call record: the lines of calls without those that repeat another.
SELECT
    call.*,
    source.file_rank
FROM raw.call AS call
INNER JOIN staging.source AS source USING (file_id)
ANTI JOIN staging.duplicate AS duplicate
    ON call.file_id = duplicate.file_id AND call.record_no = duplicate.record_no
