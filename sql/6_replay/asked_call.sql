-- One row per call up to as-of whose badge has a version: the version that decides it, the first call of its requestId.
WITH repeated AS (
    SELECT
        endpoint,
        badge_id,
        request_id,
        min(call_no) AS first_call_no
    FROM staging.call
    -- An empty requestId repeats nothing, nor does that of a row of no call.
    WHERE
        request_id IS NOT NULL
        AND of_call(endpoint)
        AND call_no >> 36 IN (SELECT badge_no FROM ruling_version)
        AND call_no >= getvariable('asked_from')
        AND call_no < getvariable('asked_to')
    GROUP BY endpoint, badge_id, request_id
    HAVING count(*) > 1
)

SELECT
    call.call_no,
    version.version_no AS version,
    call.kind = 'ISSUE' AS is_issue,
    call.processed_at AS processed,
    call.event_at AS event,
    coalesce(repeated.first_call_no, call.call_no) AS first_call_no
FROM staging.call AS call
INNER JOIN ledger.setting AS setting ON call.processed_at <= setting.as_of
ASOF INNER JOIN ruling_version AS version
    ON call.badge_id = version.badge_id AND call.processed_at >= version.valid_from
LEFT JOIN repeated
    ON
        call.endpoint = repeated.endpoint
        AND call.badge_id = repeated.badge_id
        AND call.request_id = repeated.request_id
-- An import is a fact, also one of a single element, whose call has a badge.
WHERE
    call.endpoint IS DISTINCT FROM 'import'
    AND call.call_no >= getvariable('asked_from')
    AND call.call_no < getvariable('asked_to')
