-- One row per call, event or flat row that makes rows, in processing order (RULEBOOK 3), with the version then in force.
WITH sized AS (
    SELECT
        join_no,
        processed_at,
        coalesce(request_id, '') AS request_text,
        place,
        request_key,
        ordinal,
        -- Room for every row that the call can make; numbers need not be dense.
        len(customers) + CASE WHEN answers_stand = 'of others' THEN len(answers) ELSE 0 END AS most_rows
    FROM temp.joined_call AS joined
    ANTI JOIN staging.known_row AS known_row
        ON joined.file_id = known_row.file_id AND joined.record_no = known_row.record_no
    WHERE processed_at IS NOT NULL
),

ranked AS (
    SELECT
        join_no,
        row_number() OVER processing AS call_no,
        (sum(most_rows) OVER processing - most_rows)::BIGINT AS first_row_no
    FROM sized
    WINDOW processing AS (
        ORDER BY processed_at, request_text, place, request_key, ordinal
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),

narrow AS (
    SELECT
        ranked.call_no,
        ranked.first_row_no,
        joined.join_no,
        joined.endpoint,
        joined.kind,
        coalesce(joined.badge_id, '') AS badge_id,
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
