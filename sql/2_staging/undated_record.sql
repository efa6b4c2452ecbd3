-- One row per call record that has no clock of its own, or may be the other half of one; in place of `record` for once.
WITH undated AS (
    SELECT
        file_id,
        record_no,
        coalesce(request_id, answer_request_id) AS request_id
    FROM staging.due_call
    WHERE
        logged_at IS NULL
        AND event_at IS NULL
        AND own_response_clock(logged_at, answers) IS NULL
        AND (has_request OR len(answers) > 0)
),

wanted AS (
    SELECT
        call.file_id,
        call.record_no
    FROM staging.due_call AS call
    WHERE
        coalesce(call.request_id, call.answer_request_id) IN (
            SELECT request_id FROM undated
            WHERE request_id IS NOT NULL
        )
        OR (call.file_id, call.record_no) IN (SELECT (file_id, record_no) FROM undated)
),

-- Few of many: by their place in the table only their lists are read.
place AS (
    SELECT call.rowid AS row_place
    FROM raw.call AS call
    SEMI JOIN wanted USING (file_id, record_no)
    ANTI JOIN staging.same_call AS same_record USING (file_id, record_no)
)

SELECT
    call.*,
    source.file_rank
FROM raw.call AS call
INNER JOIN staging.source AS source USING (file_id)
WHERE call.rowid IN (SELECT row_place FROM place)
