-- One row per call: a request with its response, a request alone, or a response alone, with the one time of processing.
-- It holds the wide lists and is temporary: `call` and `answered_row` keep what is needed of it.
WITH ordinal AS (
    SELECT
        file_id,
        record_no,
        row_number() OVER (PARTITION BY request_key ORDER BY response_key) - 1 AS ordinal
    FROM staging.record
    WHERE
        has_request
        AND has_response
        AND request_key IN (
            SELECT request_key FROM staging.record
            WHERE has_request AND has_response
            GROUP BY request_key
            HAVING count(*) > 1
        )
),

answered AS (
    SELECT
        record.* EXCLUDE (batch_id, raw),
        coalesce(ordinal.ordinal, 0) AS ordinal,
        NULL::BIGINT AS answer_logged_at,
        NULL::BIGINT AS answer_file_id,
        NULL::BIGINT AS answer_record_no
    FROM staging.record AS record
    LEFT JOIN ordinal ON record.file_id = ordinal.file_id AND record.record_no = ordinal.record_no
    WHERE record.has_request AND record.has_response
),

opened AS (
    SELECT
        record.* EXCLUDE (batch_id, raw),
        0 AS ordinal,
        pair.answer_file_id,
        pair.answer_record_no
    FROM staging.record AS record
    LEFT JOIN temp.pair AS pair ON record.file_id = pair.file_id AND record.record_no = pair.record_no
    WHERE record.has_request AND NOT record.has_response
),

paired AS (
    SELECT
        opened.* REPLACE (
            response.file_id IS NOT NULL AS has_response,
            response.answer_badge_id AS answer_badge_id,
            response.answer_request_id AS answer_request_id,
            response.expires_at AS expires_at,
            response.failed AS failed,
            response.code AS code,
            response.answers AS answers,
            response.response_key AS response_key
        ),
        response.logged_at AS answer_logged_at
    FROM opened
    LEFT JOIN staging.record AS response
        ON opened.answer_file_id = response.file_id AND opened.answer_record_no = response.record_no
),

lone AS (
    SELECT
        record.* EXCLUDE (batch_id, raw) REPLACE (
            coalesce(record.answer_badge_id, agreed_badge.badge_id) AS badge_id,
            record.answer_request_id AS request_id,
            []::VARCHAR[] AS customers,
            record.response_key AS request_key
        ),
        row_number() OVER (
            PARTITION BY record.response_key
            ORDER BY
                coalesce(record.endpoint, ''),
                own_response_clock(record.logged_at, record.answers) NULLS FIRST
        ) - 1 AS ordinal,
        NULL::BIGINT AS answer_logged_at,
        NULL::BIGINT AS answer_file_id,
        NULL::BIGINT AS answer_record_no
    FROM staging.record AS record
    ANTI JOIN temp.pair AS pair
        ON record.file_id = pair.answer_file_id AND record.record_no = pair.answer_record_no
    LEFT JOIN temp.agreed_badge AS agreed_badge
        ON record.endpoint = agreed_badge.endpoint AND record.answer_request_id = agreed_badge.request_id
    WHERE NOT record.has_request
),

joined AS (
    SELECT * FROM answered
    UNION ALL BY NAME
    SELECT * FROM paired
    UNION ALL BY NAME
    SELECT * FROM lone
)

SELECT
    joined.*,
    row_number() OVER () AS join_no,
    CASE
        WHEN NOT joined.has_response THEN 'none'
        WHEN list_transform(joined.answers, LAMBDA answer: answer.customer_id) = joined.customers THEN 'in order'
        WHEN
            list_sort(list_transform(joined.answers, LAMBDA answer: answer.customer_id)) = list_sort(joined.customers)
            THEN 'in another order'
        ELSE 'of others'
    END AS answers_stand,
    coalesce(half_delivery.file_id, joined.file_id) AS source_file_id,
    coalesce(half_delivery.line, joined.line) AS source_line,
    CASE WHEN joined.endpoint IN ('issueBulk', 'flatIssue') THEN 'ISSUE' ELSE 'EARN' END AS kind,
    coalesce(
        logged_at,
        answer_logged_at,
        CASE
            WHEN logged_at IS NULL AND answer_logged_at IS NULL AND has_response THEN list_max(
                list_filter(
                    list_transform(
                        list_filter(answers, LAMBDA answer: NOT answer.refused),
                        LAMBDA answer: id_created_us(answer.row_id)
                    ),
                    -- An id made a day before the event belongs to an earlier issue (RULEBOOK 2).
                    LAMBDA created_at: event_at IS NULL OR created_at >= event_at - 86400000000
                )
            )
        END,
        joined.event_at
    ) AS processed_at
FROM joined
-- Of all deliveries of a request the smallest place is its source (RULEBOOK 3).
LEFT JOIN temp.half_delivery AS half_delivery
    ON
        joined.request_key = half_delivery.request_key
        AND joined.has_request
        AND joined.ordinal = 0
        AND (half_delivery.file_rank, half_delivery.line) < (joined.file_rank, joined.line)
