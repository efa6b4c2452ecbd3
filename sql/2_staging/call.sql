-- One row per badge and call, event or flat row that makes rows of it, with the version in force when it was processed.
-- `call_no` is the number of its first row: rows are numbered badge by badge, in processing order (RULEBOOK 3).
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
),

sized AS (
    SELECT
        of_badge.join_no,
        of_badge.badge_id,
        of_badge.most_rows,
        badge_number.badge_no,
        dated.processed_at,
        coalesce(dated.request_id, '') AS request_text,
        dated.place,
        dated.request_key,
        dated.ordinal
    FROM of_badge
    SEMI JOIN staging.due AS due ON of_badge.badge_id = due.badge_id
    INNER JOIN staging.badge_number AS badge_number ON of_badge.badge_id = badge_number.badge_id
    INNER JOIN dated USING (join_no)
),

ranked AS (
    SELECT
        join_no,
        badge_id,
        ((badge_no << 36) + sum(most_rows) OVER processing - most_rows)::BIGINT AS call_no
    FROM sized
    WINDOW processing AS (
        PARTITION BY badge_no
        ORDER BY processed_at, request_text, place, request_key, ordinal
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

narrow AS (
    SELECT
        ranked.call_no,
        joined.join_no,
        joined.endpoint,
        joined.kind,
        ranked.badge_id,
        joined.request_id,
        joined.request_key,
        joined.ordinal,
        joined.place,
        joined.has_request,
        joined.has_response,
        joined.failed,
        joined.code,
        joined.processed_at,
        coalesce(joined.event_at, joined.processed_at) AS event_at,
        joined.owner_type,
        joined.expires_at,
        coalesce(len(list_filter(joined.answers, LAMBDA answer: NOT answer.refused)), 0) AS accepted_answers,
        joined.source_file_id AS file_id,
        joined.source_line AS line
    FROM ranked
    INNER JOIN temp.joined_call AS joined USING (join_no)
)

SELECT
    narrow.*,
    version.version_no
FROM narrow
ASOF LEFT JOIN staging.version AS version
    ON narrow.badge_id = version.badge_id AND narrow.processed_at >= version.valid_from
