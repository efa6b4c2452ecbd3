-- One row per call up to as-of whose badge has a version: the first call of the same endpoint, badge and requestId.
SELECT
    call.call_no,
    CASE
        -- An empty requestId repeats nothing.
        WHEN call.request_id IS NULL THEN call.call_no
        ELSE min(call.call_no) OVER (PARTITION BY call.endpoint, call.badge_id, call.request_id)
    END AS request
FROM staging.call AS call
INNER JOIN ledger.setting AS setting ON call.processed_at <= setting.as_of
WHERE call.version_no IS NOT NULL
