-- One row per tame line: its call, and whether it is one that can be told here; any other line is read by the careful judge.
WITH exchange AS (
    SELECT
        line,
        CASE
            WHEN contains(body.endpoint, '?') OR contains(body.endpoint, '#') THEN NULL
            ELSE split_part(body.endpoint, '/', -1)
        END AS endpoint,
        body.loggedAt AS logged_text,
        body.request AS asked,
        body.response AS answered
    FROM tame_line
),

fields AS (
    SELECT
        line,
        endpoint,
        logged_text,
        asked IS NOT NULL AS has_request,
        answered IS NOT NULL AS has_response,
        asked.badgeMetaId AS badge_id,
        asked.requestId AS request_id,
        asked.triggeredBy.ownerType AS owner_text,
        asked.triggeredBy.referenceId AS reference_id,
        CASE WHEN endpoint = 'issueBulk' THEN asked.issueEventDate ELSE asked.earnEventDate END AS event_text,
        CASE WHEN endpoint = 'issueBulk' THEN asked.issueEventDateISO ELSE asked.earnEventDateISO END AS event_iso_text,
        CASE endpoint
            WHEN 'issueBulk' THEN asked.customers
            WHEN 'earn' THEN [asked.customerId]
            ELSE asked.customerIds
        END AS customers,
        answered.data.badgeMetaId AS answer_badge_id,
        answered.data.requestId AS answer_request_id,
        answered.data.expiresOn AS expires_text,
        answered.data.expiresOnISO AS expires_iso_text,
        coalesce(answered.errors, []) AS errors,
        CASE endpoint
            WHEN 'issueBulk'
                THEN
                    list_transform(
                        coalesce(answered.data.issuedBadges, []),
                        LAMBDA answer: {
                            'customer_id': answer.customerId,
                            'row_id': answer.issuedId,
                            'refused': answer.error IS NOT NULL,
                            'code': answer.error.code
                        }
                    )
            WHEN 'earn'
                THEN
                    CASE
                        WHEN answered.data.earnedBadgeId IS NULL AND answered.data.customerId IS NULL THEN []
                        ELSE [
                            {
                                'customer_id': coalesce(answered.data.customerId, asked.customerId),
                                'row_id': answered.data.earnedBadgeId,
                                'refused': false,
                                'code': NULL::VARCHAR
                            }
                        ]
                    END
            ELSE list_concat(
                list_transform(
                    coalesce(answered.data.earnedBadgesList, []),
                    LAMBDA answer: {
                        'customer_id': answer.customerId,
                        'row_id': answer.earnedBadgeId,
                        'refused': false,
                        'code': NULL::VARCHAR
                    }
                ),
                list_transform(
                    coalesce(answered.data.failedEarnBadgeErrorList, []),
                    LAMBDA answer: {
                        'customer_id': answer.customerId,
                        'row_id': NULL::VARCHAR,
                        'refused': true,
                        'code': answer.errorCode
                    }
                )
            )
        END AS answers
    FROM exchange
),

instants AS (
    SELECT
        *,
        instant_us(logged_text) AS logged_at,
        instant_us(event_text) AS event_number,
        instant_us(event_iso_text) AS event_iso,
        instant_us(expires_text) AS expires_number,
        instant_us(expires_iso_text) AS expires_iso,
        list_transform(answers, LAMBDA answer: answer.customer_id) AS answered_customers
    FROM fields
)

SELECT
    line,
    endpoint,
    logged_at,
    has_request,
    badge_id,
    request_id,
    coalesce(event_iso, event_number) AS event_at,
    owner_names[lower(owner_text)] AS owner_type,
    reference_id,
    customers,
    has_response,
    answer_badge_id,
    answer_request_id,
    coalesce(expires_number, expires_iso) AS expires_at,
    CASE WHEN has_response THEN len(errors) > 0 END AS failed,
    list_filter(errors, LAMBDA error: error.code IS NOT NULL)[1].code AS code,
    CASE WHEN has_response THEN answers END AS answers,
    NULL::VARCHAR AS raw,
    NULL AS items,
    0 AS place,
    NULL::VARCHAR AS request_more,
    NULL::VARCHAR AS response_more,
    (
        endpoint IN ('issueBulk', 'earn', 'earnBulk')
        AND has_request
        AND badge_id IS NOT NULL
        AND (logged_at IS NOT NULL OR event_number IS NOT NULL OR event_iso IS NOT NULL)
        AND (logged_at IS NOT NULL OR logged_text IS NULL)
        AND (event_number IS NOT NULL OR event_text IS NULL)
        AND (event_iso IS NOT NULL OR event_iso_text IS NULL)
        AND (expires_number IS NOT NULL OR expires_text IS NULL)
        AND (expires_iso IS NOT NULL OR expires_iso_text IS NULL)
        AND abs(coalesce(event_number - event_iso, 0)) <= 1000000
        AND abs(coalesce(expires_number - expires_iso, 0)) <= 1000000
        AND (owner_text IS NULL OR owner_names[lower(owner_text)] IS NOT NULL)
        AND list_count(customers) = len(customers)
        AND list_count(answered_customers) = len(answered_customers)
    ) IS TRUE AS fits
FROM instants, (SELECT getvariable('owner_names') AS owner_names)
