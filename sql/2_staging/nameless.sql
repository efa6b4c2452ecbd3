-- One row per response that names no badge, with what it may belong by: endpoint and requestId, else its own values.
SELECT
    file_id,
    record_no,
    batch_id,
    endpoint,
    answer_request_id AS request_id,
    response_key,
    coalesce(endpoint || '/' || answer_request_id, response_key::VARCHAR) AS link
FROM raw.call
WHERE NOT has_request AND answer_badge_id IS NULL AND items IS NULL
