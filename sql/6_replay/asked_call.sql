-- One row per call up to as-of whose badge has a version: the version that decides it, and the number of its request.
WITH heard AS (
    SELECT
        call.call_no,
        version.badge_no,
        version.version_no,
        CASE
            -- An empty requestId repeats nothing, nor does that of a row of no call.
            WHEN call.request_id IS NULL OR NOT of_call(call.endpoint) THEN call.call_no
            ELSE min(call.call_no) OVER (PARTITION BY call.endpoint, call.badge_id, call.request_id)
        END AS first_call_no
    FROM staging.call AS call
    INNER JOIN ledger.setting AS setting ON call.processed_at <= setting.as_of
    ASOF INNER JOIN ruling_version AS version
        ON call.badge_id = version.badge_id AND call.processed_at >= version.valid_from
    -- An import is a fact, also one of a single element, whose call has a badge.
    WHERE call.endpoint IS DISTINCT FROM 'import'
)

SELECT
    call_no,
    badge_no,
    version_no,
    -- One number for all calls of one requestId. Numbers of one badge lie together, so that threads over badges touch
    -- memory of their own.
    dense_rank() OVER (ORDER BY badge_no, first_call_no) - 1 AS request
FROM heard
