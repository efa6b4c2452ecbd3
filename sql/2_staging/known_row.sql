-- One row per event or flat row whose row id a call, or an event or flat row before it, has brought (RULEBOOK 3).
WITH told AS (
    SELECT
        file_id,
        record_no,
        endpoint,
        kind,
        badge_id,
        customers[1] AS customer_id,
        answers[1].row_id AS row_id,
        logged_at,
        request_key,
        response_key,
        file_rank,
        line
    FROM temp.joined_call
    WHERE NOT of_call(endpoint) AND processed_at IS NOT NULL AND has_response AND NOT answers[1].refused
),

given AS (
    SELECT
        kind,
        badge_id,
        unnest(list_filter(answers, LAMBDA answer: NOT answer.refused)) AS answer
    FROM temp.joined_call
    WHERE of_call(endpoint) AND items IS NULL AND processed_at IS NOT NULL AND len(answers) > 0
),

imported AS (
    SELECT unnest(items) AS own
    FROM temp.joined_call
    WHERE items IS NOT NULL AND processed_at IS NOT NULL
),

known AS (
    SELECT
        kind,
        badge_id,
        answer.customer_id AS customer_id,
        answer.row_id AS row_id
    FROM given
    UNION ALL
    SELECT
        'EARN' AS kind,
        own.badge_id AS badge_id,
        own.customer_id AS customer_id,
        own.row_id AS row_id
    FROM imported
),

placed AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY kind, badge_id, customer_id, row_id
            ORDER BY
                endpoint = 'badgeEarned' DESC,
                logged_at NULLS LAST,
                request_key,
                response_key,
                file_rank,
                line
        ) AS place
    FROM told
    WHERE row_id IS NOT NULL
)

SELECT
    placed.file_id,
    placed.record_no
FROM placed
SEMI JOIN known USING (kind, badge_id, customer_id, row_id)
UNION
SELECT
    file_id,
    record_no
FROM placed
WHERE place > 1
