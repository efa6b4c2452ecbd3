-- One row per endpoint and requestId whose open requests are all of one badge: that of a response that names none.
SELECT
    endpoint,
    request_id,
    min(badge_id) AS badge_id
FROM staging.record
WHERE has_request AND NOT has_response AND request_id IS NOT NULL
GROUP BY endpoint, request_id
HAVING min(badge_id) = max(badge_id)
