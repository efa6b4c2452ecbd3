-- One row per customer in a call and per answer that nobody asked for, with what the platform said (RULEBOOK 3, outcome);
-- of the calls that are staged anew.
WITH aligned AS (
    SELECT
        join_no,
        unnest(customers) AS customer_id,
        unnest(answers) AS answer,
        generate_subscripts(customers, 1) - 1 AS position
    FROM temp.joined_call
    WHERE processed_at IS NOT NULL AND answers_stand = 'in order'
),

-- Sorted by customer and place, the k-th mention of a customer stands beside the k-th answer for it.
sorted AS (
    SELECT
        join_no,
        unnest(list_sort(list_zip(customers, generate_series(0, len(customers) - 1)))) AS mention,
        unnest(
            list_sort(
                list_zip(
                    list_transform(answers, LAMBDA answer: answer.customer_id),
                    generate_series(1, len(answers)),
                    answers
                )
            )
        ) AS given
    FROM temp.joined_call
    WHERE processed_at IS NOT NULL AND answers_stand = 'in another order'
),

permuted AS (
    SELECT
        join_no,
        mention[1] AS customer_id,
        given[3] AS answer,
        mention[2] AS position
    FROM sorted
),

unanswered AS (
    SELECT
        join_no,
        unnest(customers) AS customer_id,
        generate_subscripts(customers, 1) - 1 AS position
    FROM temp.joined_call
    WHERE processed_at IS NOT NULL AND answers_stand = 'none'
),

asked AS (
    SELECT
        join_no,
        unnest(customers) AS customer_id,
        generate_subscripts(customers, 1) - 1 AS position
    FROM temp.joined_call
    WHERE processed_at IS NOT NULL AND answers_stand = 'of others'
),

mentioned AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY join_no, customer_id ORDER BY position) AS mention
    FROM asked
),

given AS (
    SELECT
        join_no,
        unnest(answers) AS answer,
        generate_subscripts(answers, 1) AS answer_no
    FROM temp.joined_call
    WHERE processed_at IS NOT NULL AND answers_stand = 'of others'
),

named AS (
    SELECT
        *,
        answer.customer_id AS customer_id,
        row_number() OVER (PARTITION BY join_no, answer.customer_id ORDER BY answer_no) AS mention
    FROM given
),

matched AS (
    SELECT
        coalesce(mentioned.join_no, named.join_no) AS join_no,
        coalesce(mentioned.customer_id, named.customer_id) AS customer_id,
        named.answer,
        mentioned.position,
        named.answer_no
    FROM mentioned
    FULL JOIN named
        ON
            mentioned.join_no = named.join_no
            AND mentioned.customer_id = named.customer_id
            AND mentioned.mention = named.mention
),

placed AS (
    SELECT
        join_no,
        customer_id,
        answer,
        -- An answer that nobody asked for takes the next free position.
        coalesce(
            position,
            count(position) OVER (PARTITION BY join_no)
            + row_number() OVER (PARTITION BY join_no, position IS NULL ORDER BY answer_no)
            - 1
        ) AS position
    FROM matched
),

keyed AS (
    SELECT
        *,
        replace(request_key::VARCHAR, '-', '') || '/' || ordinal || '/' AS row_key_text
    FROM temp.ordered_call
    WHERE join_no IS NOT NULL
),

exploded AS (
    SELECT * FROM aligned
    UNION ALL BY NAME
    SELECT * FROM permuted
    UNION ALL BY NAME
    SELECT * FROM unanswered
    UNION ALL BY NAME
    SELECT * FROM placed
)

SELECT
    call.call_no + exploded.position AS row_no,
    call.call_no,
    call.place + exploded.position AS position,
    left(md5(call.row_key_text || (call.place + exploded.position)), 16) AS row_key,
    call.badge_id,
    exploded.customer_id,
    call.endpoint,
    call.kind,
    CASE
        WHEN NOT call.has_response THEN 'ASSUMED'
        WHEN exploded.answer IS NULL OR exploded.answer.refused THEN 'REJECTED'
        ELSE 'ACCEPTED'
    END AS answered,
    CASE
        WHEN call.has_response AND (exploded.answer IS NULL OR exploded.answer.refused)
            THEN coalesce(exploded.answer.code, call.code, '')
        ELSE ''
    END AS code,
    call.has_response AND exploded.answer IS NULL AND NOT call.failed AS not_answered,
    exploded.answer.row_id AS row_id,
    call.request_id,
    call.processed_at,
    coalesce(imported_row.event_at, call.event_at) AS event_at,
    call.owner_type,
    coalesce(imported_row.reported_expires_at, call.expires_at) AS reported_expires_at,
    call.version_no,
    imported_row.join_no IS NOT NULL AS imported,
    imported_row.expires_at AS imported_expires_at,
    call.file_id,
    call.line
FROM exploded
LEFT JOIN temp.imported_row AS imported_row
    ON exploded.join_no = imported_row.join_no AND exploded.position = imported_row.position
INNER JOIN keyed AS call
    ON exploded.join_no = call.join_no AND coalesce(imported_row.badge_id, call.badge_id) = call.badge_id
