-- One row per link of responses without badge and badge that they may be of; the empty badge where none is settled.
WITH member AS (
    SELECT
        nameless.link,
        open_call.badge_id,
        greatest(nameless.batch_id, open_call.batch_id) AS batch_id,
        true AS is_open
    FROM temp.nameless AS nameless
    INNER JOIN raw.call AS open_call
        ON nameless.endpoint = open_call.endpoint AND nameless.request_id = open_call.request_id
    WHERE open_call.has_request AND NOT open_call.has_response
    UNION ALL
    SELECT
        nameless.link,
        exchange.badge_id,
        greatest(nameless.batch_id, exchange.batch_id) AS batch_id,
        false AS is_open
    FROM temp.nameless AS nameless
    INNER JOIN raw.call AS exchange ON nameless.response_key = exchange.response_key
    WHERE exchange.has_request AND exchange.has_response
    UNION ALL
    SELECT
        link,
        NULL AS badge_id,
        batch_id,
        false AS is_open
    FROM temp.nameless
)

SELECT DISTINCT
    link,
    badge_id
FROM member
WHERE badge_id IS NOT NULL
UNION ALL
SELECT
    link,
    '' AS badge_id
FROM member
GROUP BY link
HAVING count(DISTINCT badge_id) FILTER (is_open) <> 1 OR max(batch_id) > getvariable('staged_batch')
