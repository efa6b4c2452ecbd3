-- One row per call with a requestId that was answered with acceptance for at least one customer, when another call was too.
WITH accepted AS (
    SELECT
        call_no,
        endpoint,
        badge_id,
        request_id,
        processed_at
    FROM staging.call
    SEMI JOIN staging.touched USING (badge_id)
    WHERE
        request_id IS NOT NULL
        AND accepted_answers > 0
        AND of_call(endpoint)
)

SELECT
    accepted.call_no,
    accepted.endpoint,
    accepted.badge_id,
    accepted.request_id,
    min(accepted.call_no) OVER (PARTITION BY accepted.endpoint, accepted.badge_id, accepted.request_id) AS first_call_no
FROM accepted
INNER JOIN staging.touched AS touched ON accepted.badge_id = touched.badge_id
QUALIFY accepted.call_no >= touched.from_no
