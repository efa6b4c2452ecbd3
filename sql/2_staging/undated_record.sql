-- One row per call record that has no clock of its own, or may be the other half of one; in place of `record` for once.
WITH undated AS (
    SELECT
        file_id,
        record_no,
        coalesce(request_id, answer_request_id) AS request_id
    FROM staging.due_call
    WHERE
        event_at IS NULL
        AND own_response_clock(logged_at, answers) IS NULL
        AND (has_request OR len(answers) > 0)
)

SELECT
    call.*,
    source.file_rank
FROM staging.due_call AS call
INNER JOIN staging.source AS source USING (file_id)
ANTI JOIN staging.same_call AS same_record
    ON call.file_id = same_record.file_id AND call.record_no = same_record.record_no
WHERE
    coalesce(
        call.request_id, call.answer_request_id) IN (
        SELECT request_id FROM undated
        WHERE request_id IS NOT NULL
    )
    OR (call.file_id, call.record_no) IN (SELECT (file_id, record_no) FROM undated)
