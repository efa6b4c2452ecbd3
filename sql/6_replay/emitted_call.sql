-- One row per exchange that replay answers: a call of an issueBulk or earnBulk, a single row of any other earn.
WITH told AS (
    SELECT
        judged_row.*,
        answered_expiry.expires_at,
        reference.reference_id,
        reason.code AS refusal,
        CASE
            WHEN judged_row.limit_name IS NULL THEN reason.message
            ELSE reason.message || ': ' || judged_row.limit_name
        END AS message,
        -- These hold for a call as a whole: they stand beside its data, not in it.
        reason.reason IN ('duplicate-request', 'badge-not-active', 'outside-badge-period', 'unknown-badge') AS whole,
        CASE
            WHEN judged_row.kind = 'ISSUE' THEN 'issueBulk'
            WHEN judged_row.endpoint = 'earnBulk' THEN 'earnBulk'
            ELSE 'earn'
        END AS called,
        -- The record's own id where it is a new one.
        CASE WHEN judged_row.outcome = 'ACCEPTED' THEN judged_row.row_id ELSE judged_row.row_key END AS given_id,
        CASE WHEN of_call(judged_row.endpoint) THEN judged_row.request_id END AS called_id
    FROM judged_row
    INNER JOIN reason USING (reason_no)
    INNER JOIN staging.call AS call USING (call_no)
    LEFT JOIN answered_expiry USING (call_no)
    LEFT JOIN request_reference AS reference ON call.request_key = reference.request_key
    WHERE
        judged_row.badge_id <> ''
        AND judged_row.processed_at >= getvariable('emitted_from')
        AND judged_row.processed_at < getvariable('emitted_to')
),

lined AS (
    SELECT
        call_no,
        CASE WHEN called = 'earn' THEN position ELSE 0 END AS line_position,
        called,
        badge_id,
        processed_at,
        instant_text(processed_at) AS logged_at,
        instant_text(event_at) AS event_at,
        instant_text(expires_at) AS expires_on_iso,
        -- A number of more than 11 digits would be read as milliseconds.
        CASE
            WHEN expires_at BETWEEN 0 AND 99999999999999999
                THEN (expires_at::DECIMAL(28, 0) * 0.000001::DECIMAL(7, 6))::DECIMAL(28, 9)
        END AS expires_on,
        -- An earn answers one customer: a further row is a request of its own.
        CASE
            WHEN called = 'earn' AND position > 0 THEN called_id || '/' || position
            ELSE called_id
        END AS request_id,
        CASE
            WHEN coalesce(owner_type, reference_id) IS NOT NULL
                THEN json_object('ownerType', owner_type, 'referenceId', reference_id)
        END AS triggered_by,
        list(customer_id ORDER BY position) AS customers,
        list(
            struct_pack(
                customer := customer_id,
                given_id := CASE WHEN refusal IS NULL THEN coalesce(given_id, row_key) END,
                refusal := refusal,
                message := message
            ) ORDER BY position
        ) AS answers,
        bool_or(whole) AS refused
    FROM told
    GROUP BY ALL
),

answered AS (
    SELECT
        *,
        CASE
            WHEN refused OR (called = 'earn' AND answers[1].refusal IS NOT NULL)
                THEN
                    json_array(
                        json_object('code', answers[1].refusal, 'message', answers[1].message, 'reference', NULL)
                    )
        END AS errors
    FROM lined
),

halves AS (
    SELECT
        *,
        CASE called
            WHEN 'issueBulk'
                THEN
                    json_object(
                        'badgeMetaId', badge_id, 'requestId', request_id, 'issueEventDateISO', event_at,
                        'triggeredBy', triggered_by, 'customers', customers
                    )
            WHEN 'earnBulk'
                THEN
                    json_object(
                        'badgeMetaId', badge_id, 'requestId', request_id, 'earnEventDateISO', event_at,
                        'triggeredBy', triggered_by, 'customerIds', customers
                    )
            ELSE json_object(
                'badgeMetaId', badge_id, 'requestId', request_id, 'earnEventDateISO', event_at,
                'triggeredBy', triggered_by, 'customerId', customers[1]
            )
        END AS request,
        CASE
            WHEN errors IS NOT NULL THEN NULL
            WHEN called = 'issueBulk'
                THEN
                    json_object(
                        'badgeMetaId', badge_id,
                        'triggeredBy', triggered_by,
                        'expiresOn', expires_on,
                        'expiresOnISO', expires_on_iso,
                        'issuedBadges', list_transform(
                            answers,
                            LAMBDA answer: json_object(
                                'customerId', answer.customer,
                                'issuedId', answer.given_id,
                                'error', CASE
                                    WHEN answer.refusal IS NOT NULL
                                        THEN
                                            json_object(
                                                'code', answer.refusal, 'message', answer.message, 'reference', NULL
                                            )
                                END,
                                'status', CASE WHEN answer.refusal IS NULL THEN 'ACTIVE' END
                            )
                        ),
                        'requestId', request_id
                    )
            WHEN called = 'earnBulk'
                THEN
                    json_object(
                        'earnedBadgesList', list_transform(
                            list_filter(answers, LAMBDA answer: answer.refusal IS NULL),
                            LAMBDA answer: json_object('customerId', answer.customer, 'earnedBadgeId', answer.given_id)
                        ),
                        'failedEarnBadgeErrorList', list_transform(
                            list_filter(answers, LAMBDA answer: answer.refusal IS NOT NULL),
                            LAMBDA answer: json_object('customerId', answer.customer, 'errorCode', answer.refusal)
                        )
                    )
            ELSE json_object(
                'customerId', customers[1],
                'earnedBadgeId', answers[1].given_id,
                'expiresOn', expires_on,
                'expiresOnISO', expires_on_iso,
                'requestId', request_id
            )
        END AS data
    FROM answered
)

SELECT
    processed_at,
    coalesce(request_id, '') AS request_id,
    call_no,
    line_position,
    json_object(
        'loggedAt', logged_at,
        'endpoint', called,
        'request', request,
        'response', json_object('data', data, 'errors', coalesce(errors, json_array()), 'warnings', json_array())
    )::VARCHAR AS exchange
FROM halves
