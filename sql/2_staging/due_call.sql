-- One row per line of a call that is staged anew.
SELECT call.*
FROM raw.call AS call
SEMI JOIN temp.due_record AS due_record
    ON call.file_id = due_record.file_id AND call.record_no = due_record.record_no
