-- One row per badge and call, event or flat row that is staged anew and makes rows of the badge.
WITH dated AS (
    SELECT joined.*
    FROM temp.joined_call AS joined
    ANTI JOIN staging.known_row AS known_row
        ON joined.file_id = known_row.file_id AND joined.record_no = known_row.record_no
    WHERE joined.processed_at IS NOT NULL
),

of_badge AS (
    SELECT
        join_no,
        coalesce(badge_id, '') AS badge_id,
        -- Room for every row that the call can make; numbers need not be dense.
        greatest(len(customers) + CASE WHEN answers_stand = 'of others' THEN len(answers) ELSE 0 END, 1) AS most_rows
    FROM dated
    WHERE items IS NULL
    UNION ALL
    SELECT
        join_no,
        unnest(list_distinct(list_transform(items, LAMBDA item: item.badge_id))) AS badge_id,
        len(items) AS most_rows
    FROM dated
    WHERE items IS NOT NULL
)

SELECT
    of_badge.join_no,
    dated.endpoint,
    dated.kind,
    of_badge.badge_id,
    dated.request_id,
    dated.request_key,
    dated.ordinal,
    dated.place,
    of_badge.most_rows::BIGINT AS most_rows,
    dated.has_request,
    dated.has_response,
    dated.failed,
    dated.code,
    dated.processed_at,
    coalesce(dated.event_at, dated.processed_at) AS event_at,
    dated.owner_type,
    dated.expires_at,
    coalesce(len(list_filter(dated.answers, LAMBDA answer: NOT answer.refused)), 0) AS accepted_answers,
    dated.source_file_id AS file_id,
    dated.source_line AS line
FROM of_badge
INNER JOIN dated USING (join_no)
