-- One row per line of a call, with the keys of its halves (the texts that they are hashes of: page readings).
SELECT
    getvariable('file_id') AS file_id,
    line,
    record_no,
    getvariable('batch_id') AS batch_id,
    endpoint,
    logged_at,
    has_request,
    badge_id,
    request_id,
    event_at,
    owner_type,
    reference_id,
    customers,
    has_response,
    answer_badge_id,
    answer_request_id,
    expires_at,
    failed,
    code,
    answers,
    raw,
    CASE
        WHEN has_request THEN md5(
            concat(
                to_json(
                    [
                        endpoint,
                        logged_at::VARCHAR,
                        badge_id,
                        request_id,
                        -- Each row of an import has an event date of its own.
                        CASE WHEN items IS NULL THEN event_at::VARCHAR END,
                        owner_type,
                        reference_id
                    ]
                ),
                to_json(customers),
                request_more
            )
        )::UUID
    END AS request_key,
    CASE
        WHEN has_response THEN md5(
            concat(
                to_json([answer_badge_id, answer_request_id, expires_at::VARCHAR, code]),
                to_json(answers),
                response_more
            )
        )::UUID
    END AS response_key,
    items,
    place
FROM parsed_call
