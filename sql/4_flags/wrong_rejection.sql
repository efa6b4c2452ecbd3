-- One row per rejected issuance for whose code the ledger, by known answers only, shows no ground.
WITH rejected AS (
    SELECT
        entry.row_no,
        entry.call_no,
        entry.endpoint,
        entry.badge_id,
        entry.request_id,
        entry.code,
        entry.kind,
        entry.event_at,
        version.starts_at,
        version.expires_at
    FROM temp.touched_entry AS entry
    LEFT JOIN staging.version AS version
        ON entry.badge_id = version.badge_id AND entry.version_no = version.version_no
    WHERE entry.outcome = 'REJECTED' AND entry.code IN ('809', '816', '1040')
),

accepted AS (
    SELECT
        call.endpoint,
        call.badge_id,
        call.request_id,
        min(call.call_no) AS first_call_no
    FROM staging.call AS call
    SEMI JOIN (
        SELECT * FROM rejected
        WHERE code = '809'
    ) AS asked
        ON call.endpoint = asked.endpoint AND call.badge_id = asked.badge_id AND call.request_id = asked.request_id
    WHERE call.accepted_answers > 0
    GROUP BY ALL
)

SELECT
    'wrongly-rejected' AS code,
    rejected.row_no,
    'rejected with 809, but no earlier call was accepted with this requestId' AS detail
FROM rejected
LEFT JOIN accepted USING (endpoint, badge_id, request_id)
WHERE
    rejected.code = '809'
    AND of_call(rejected.endpoint)
    AND (accepted.first_call_no IS NULL OR accepted.first_call_no >= rejected.call_no)
UNION ALL
SELECT
    'wrongly-rejected' AS code,
    row_no,
    'rejected with 816, but the event lies in the badge''s period' AS detail
FROM rejected
WHERE code = '816' AND event_at >= starts_at AND event_at < expires_at
UNION ALL
SELECT
    'wrongly-rejected' AS code,
    rejected.row_no,
    'rejected with 1040, but no known issue was valid' AS detail
FROM rejected
ANTI JOIN ledger.known_overlap AS known_overlap ON rejected.row_no = known_overlap.row_no
WHERE rejected.code = '1040' AND rejected.kind = 'ISSUE' AND rejected.starts_at IS NOT NULL
