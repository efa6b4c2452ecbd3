-- One row per call up to as-of whose badge has a version: the number of its request, one for all calls of one requestId.
WITH heard AS (
    SELECT
        call.call_no,
        call.badge_id,
        CASE
            -- An empty requestId repeats nothing.
            WHEN call.request_id IS NULL THEN call.call_no
            ELSE min(call.call_no) OVER (PARTITION BY call.endpoint, call.badge_id, call.request_id)
        END AS first_call_no
    FROM staging.call AS call
    INNER JOIN ledger.setting AS setting ON call.processed_at <= setting.as_of
    WHERE call.version_no IS NOT NULL
)

SELECT
    call_no,
    -- Numbers of one badge lie together, so that threads over badges touch memory of their own.
    dense_rank() OVER (ORDER BY badge_id, first_call_no) - 1 AS request
FROM heard
