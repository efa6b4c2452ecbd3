-- One row per exchange that replay answers: a call of an issueBulk or earnBulk, a single row of any other earn.
WITH told AS (
    SELECT
        judged_row.call_no,
        judged_row.position,
        -- An earn answers one customer: a further row is a request of its own.
        CASE WHEN judged_row.kind = 'ISSUE' OR judged_row.endpoint = 'earnBulk' THEN 0 ELSE judged_row.position END
            AS line_position,
        judged_row.customer_id,
        reason.code AS refusal,
        reason.message || coalesce(': ' || judged_row.limit_name, '') AS message,
        -- These hold for a call as a whole: they stand beside its data, not in it.
        reason.reason IN ('duplicate-request', 'badge-not-active', 'outside-badge-period', 'unknown-badge') AS whole,
        -- The record's own id where it is a new one.
        CASE
            WHEN reason.code IS NULL
                THEN coalesce(CASE WHEN judged_row.outcome = 'ACCEPTED' THEN judged_row.row_id END, judged_row.row_key)
        END AS given_id
    FROM judged_row
    INNER JOIN reason USING (reason_no)
    WHERE
        judged_row.badge_id <> ''
        AND judged_row.processed_at >= getvariable('time_from')
        AND judged_row.processed_at < getvariable('time_to')
),

together AS (
    SELECT
        call_no,
        line_position,
        list(
            struct_pack(customer := customer_id, given_id := given_id, refusal := refusal, message := message)
            ORDER BY position
        ) AS answers,
        bool_or(whole) AS refused
    FROM told
    GROUP BY call_no, line_position
),

lined AS (
    SELECT
        together.call_no,
        together.line_position,
        together.answers,
        together.refused,
        list_transform(together.answers, LAMBDA answer: answer.customer) AS customers,
        call.processed_at,
        call.badge_id,
        CASE
            WHEN call.kind = 'ISSUE' THEN 'issueBulk'
            WHEN call.endpoint = 'earnBulk' THEN 'earnBulk'
            ELSE 'earn'
        END AS called,
        instant_text(call.processed_at) AS logged_at,
        instant_text(call.event_at) AS event_at,
        instant_text(call.ends_at) AS expires_on_iso,
        -- A number of more than 11 digits would be read as milliseconds.
        CASE
            WHEN call.ends_at BETWEEN 0 AND 99999999999999999
                THEN (call.ends_at::DECIMAL(28, 0) * 0.000001::DECIMAL(7, 6))::DECIMAL(28, 9)
        END AS expires_on,
        CASE
            WHEN of_call(call.endpoint)
                THEN call.request_id || CASE WHEN together.line_position > 0 THEN '/' || together.line_position ELSE '' END
        END AS request_id,
        CASE
            WHEN coalesce(call.owner_type, call.reference_id) IS NOT NULL
                THEN json_object('ownerType', call.owner_type, 'referenceId', call.reference_id)
        END AS triggered_by
    FROM together
    INNER JOIN answered_call AS call ON together.call_no = call.call_no
    WHERE call.processed_at >= getvariable('time_from') AND call.processed_at < getvariable('time_to')
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
