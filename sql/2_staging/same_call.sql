-- One row per line of a call that holds the same values as another line, which stands for both (RULEBOOK 3).
WITH call_place AS (
    SELECT
        call.*,
        source.file_rank,
        -- A request's key holds its time and endpoint; a response alone is told apart by those of its line.
        CASE WHEN NOT call.has_request THEN call.logged_at END AS response_logged_at,
        CASE WHEN NOT call.has_request THEN call.endpoint END AS response_endpoint
    FROM staging.due_call AS call
    INNER JOIN staging.source AS source USING (file_id)
),

repeated AS (
    SELECT
        request_key,
        response_key,
        response_logged_at,
        response_endpoint
    FROM call_place
    GROUP BY ALL
    HAVING count(*) > 1
),

same_call AS (
    SELECT
        call_place.file_id,
        call_place.record_no
    FROM call_place
    INNER JOIN repeated
        ON
            call_place.request_key IS NOT DISTINCT FROM repeated.request_key
            AND call_place.response_key IS NOT DISTINCT FROM repeated.response_key
            AND call_place.response_logged_at IS NOT DISTINCT FROM repeated.response_logged_at
            AND call_place.response_endpoint IS NOT DISTINCT FROM repeated.response_endpoint
    QUALIFY row_number() OVER (
        PARTITION BY
            call_place.request_key,
            call_place.response_key,
            call_place.response_logged_at,
            call_place.response_endpoint
        ORDER BY call_place.file_rank, call_place.line, call_place.record_no
    ) > 1
),

answered_request AS (
    SELECT
        open_call.file_id,
        open_call.record_no
    FROM staging.due_call AS open_call
    WHERE
        NOT open_call.has_response
        AND open_call.request_key IN (
            SELECT answered.request_key FROM staging.due_call AS answered
            WHERE answered.has_request AND answered.has_response
        )
),

timed_request AS (
    SELECT
        open_call.file_id,
        open_call.record_no
    FROM staging.due_call AS open_call
    SEMI JOIN (
        SELECT * FROM staging.due_call
        WHERE has_request AND logged_at IS NOT NULL
    ) AS timed
        ON
            open_call.badge_id IS NOT DISTINCT FROM timed.badge_id
            AND open_call.endpoint = timed.endpoint
            AND open_call.request_id IS NOT DISTINCT FROM timed.request_id
            AND open_call.event_at IS NOT DISTINCT FROM timed.event_at
            AND open_call.owner_type IS NOT DISTINCT FROM timed.owner_type
            AND open_call.reference_id IS NOT DISTINCT FROM timed.reference_id
            AND open_call.customers = timed.customers
            AND brought(open_call.items) IS NOT DISTINCT FROM brought(timed.items)
            AND open_call.place = timed.place
    WHERE open_call.has_request AND NOT open_call.has_response AND open_call.logged_at IS NULL
),

exchanged_response AS (
    SELECT
        lone.file_id,
        lone.record_no
    FROM staging.due_call AS lone
    INNER JOIN staging.due_call AS exchange USING (response_key)
    WHERE
        NOT lone.has_request
        AND exchange.has_request
        AND exchange.has_response
        AND (lone.logged_at IS NULL OR lone.logged_at = exchange.logged_at)
        AND (lone.endpoint IS NULL OR lone.endpoint = exchange.endpoint)
        AND of_call(exchange.endpoint)
)

SELECT * FROM same_call
UNION
SELECT * FROM answered_request
UNION
SELECT * FROM timed_request
UNION
SELECT * FROM exchanged_response
