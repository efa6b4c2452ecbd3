-- One row per issuance that the earlier report did not show, or showed otherwise: why, and the line that brought it.
WITH fresh_line AS (
    SELECT
        call.request_key,
        call.has_response AS is_answer,
        fresh_file.path,
        call.line
    FROM raw.call AS call
    INNER JOIN temp.fresh_file AS fresh_file ON call.file_id = fresh_file.file_id
    WHERE call.has_request
    UNION ALL
    SELECT
        asked.request_key,
        true AS is_answer,
        fresh_file.path,
        answer.line
    FROM raw.call AS answer
    INNER JOIN temp.fresh_file AS fresh_file ON answer.file_id = fresh_file.file_id
    INNER JOIN raw.call AS asked
        ON
            answer.endpoint = asked.endpoint
            AND answer.answer_request_id = asked.request_id
            AND coalesce(answer.answer_badge_id, asked.badge_id) = asked.badge_id
    WHERE NOT answer.has_request AND asked.has_request AND NOT asked.has_response
    UNION ALL
    SELECT
        call.response_key AS request_key,
        true AS is_answer,
        fresh_file.path,
        call.line
    FROM raw.call AS call
    INNER JOIN temp.fresh_file AS fresh_file ON call.file_id = fresh_file.file_id
    WHERE NOT call.has_request
),

fresh_call AS (
    SELECT
        request_key,
        min({ 'path': path, 'line': line }) FILTER (is_answer) AS answer
    FROM fresh_line
    GROUP BY request_key
),

-- Requests and lone responses of which the earlier report knew a line already.
known_call AS (
    SELECT DISTINCT coalesce(call.request_key, call.response_key) AS request_key
    FROM raw.call AS call
    ANTI JOIN temp.fresh_file AS fresh_file ON call.file_id = fresh_file.file_id
    SEMI JOIN fresh_call ON coalesce(call.request_key, call.response_key) = fresh_call.request_key
),

moved_call AS (
    SELECT
        call.call_no,
        fresh_call.answer,
        fresh_call.request_key IS NULL OR known_call.request_key IS NOT NULL AS is_known
    FROM staging.call AS call
    LEFT JOIN fresh_call ON call.request_key = fresh_call.request_key
    LEFT JOIN known_call ON call.request_key = known_call.request_key
    WHERE call.processed_at > getvariable('earlier_as_of') OR fresh_call.request_key IS NOT NULL
),

moved AS (
    SELECT
        entry.row_no,
        entry.row_key,
        entry.badge_id,
        entry.customer_id,
        entry.processed_at,
        entry.event_at,
        entry.counted,
        coalesce(earlier.counted, false) AS was_counted,
        CASE
            WHEN earlier.row_key IS NULL AND entry.processed_at > getvariable('earlier_as_of') THEN 'new-data'
            WHEN earlier.row_key IS NULL AND NOT moved_call.is_known THEN 'late-data'
            WHEN
                earlier.row_key IS NULL
                OR earlier.outcome <> entry.outcome
                OR coalesce(earlier.code, '') <> entry.code
                OR NOT (earlier.reported_expires_at IS NOT DISTINCT FROM entry.reported_expires_at)
                THEN 'answer'
        END AS cause,
        moved_call.answer,
        source.path,
        entry.line
    -- What is not compared is as it was: the lines of it that came since repeat known ones.
    FROM temp.compared_entry AS entry
    INNER JOIN moved_call ON entry.call_no = moved_call.call_no
    INNER JOIN staging.source AS source ON entry.file_id = source.file_id
    LEFT JOIN temp.earlier_issuances AS earlier ON entry.row_key = earlier.row_key
),

-- A revocation changes a row of which no line came since; of those that name it, one in a file that came since is told.
revoked AS (
    SELECT
        entry.row_no,
        entry.row_key,
        entry.badge_id,
        entry.customer_id,
        entry.processed_at,
        entry.event_at,
        entry.counted,
        earlier.counted AS was_counted,
        entry.revoked_at,
        min({ 'is_known': fresh_file.file_id IS NULL, 'path': source.path, 'line': revocation.line }) AS told
    FROM temp.compared_entry AS entry
    INNER JOIN temp.earlier_issuances AS earlier
        ON entry.row_key = earlier.row_key AND entry.revoked_at <> coalesce(earlier.revoked_at, -1)
    INNER JOIN raw.revocation AS revocation
        ON
            entry.badge_id = revocation.badge_id
            AND entry.kind = revocation.kind
            AND entry.revoked_at >= revocation.revoked_at
            AND coalesce(entry.row_id = revocation.row_id, entry.customer_id = revocation.customer_id)
    INNER JOIN staging.source AS source ON revocation.file_id = source.file_id
    LEFT JOIN temp.fresh_file AS fresh_file ON revocation.file_id = fresh_file.file_id
    GROUP BY ALL
),

told AS (
    SELECT
        *,
        CASE WHEN cause = 'answer' THEN coalesce(answer.path, path) ELSE path END AS cause_path,
        CASE WHEN cause = 'answer' THEN coalesce(answer.line, line) ELSE line END AS cause_line,
        0 AS turn
    FROM moved
    WHERE cause IS NOT NULL
    UNION ALL BY NAME
    SELECT
        *,
        CASE WHEN revoked_at > getvariable('earlier_as_of') THEN 'new-data' ELSE 'late-data' END AS cause,
        told.path AS cause_path,
        told.line AS cause_line,
        1 AS turn
    FROM revoked
)

SELECT
    row_no,
    row_key,
    badge_id,
    customer_id,
    processed_at,
    event_at,
    counted,
    was_counted,
    cause,
    cause_path AS path,
    cause_line AS line
FROM told
QUALIFY row_number() OVER (PARTITION BY row_no ORDER BY turn) = 1
