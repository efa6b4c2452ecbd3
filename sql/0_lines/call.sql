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
            to_json(
                list_concat(
                    [
                        endpoint,
                        logged_at::VARCHAR,
                        badge_id,
                        request_id,
                        event_at::VARCHAR,
                        owner_type,
                        reference_id
                    ],
                    customers
                )
            )::VARCHAR
        )::UUID
    END AS request_key,
    CASE
        WHEN has_response THEN md5(
            to_json(
                list_concat(
                    [answer_badge_id, answer_request_id, expires_at::VARCHAR, code],
                    flatten(
                        list_transform(
                            answers,
                            lambda answer: [
                                answer.customer_id,
                                answer.row_id,
                                CASE WHEN answer.refused THEN '1' ELSE '0' END,
                                answer.code
                            ]
                        )
                    )
                )
            )::VARCHAR
        )::UUID
    END AS response_key
FROM parsed_call
