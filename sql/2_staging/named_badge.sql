-- One row per line of a call and badge that it names; a response may name none. A lone import response is of none too:
-- its rows are of the badges that it names, its finding is not.
SELECT
    file_id,
    record_no,
    batch_id,
    badge_id
FROM raw.call
WHERE badge_id IS NOT NULL
UNION ALL
SELECT
    file_id,
    record_no,
    batch_id,
    answer_badge_id AS badge_id
FROM raw.call
WHERE answer_badge_id IS NOT NULL AND answer_badge_id IS DISTINCT FROM badge_id
UNION ALL
SELECT
    file_id,
    record_no,
    batch_id,
    unnest(list_distinct(list_transform(items, LAMBDA item: item.badge_id))) AS badge_id
FROM raw.call
WHERE items IS NOT NULL
UNION ALL
SELECT
    file_id,
    record_no,
    batch_id,
    '' AS badge_id
FROM raw.call
WHERE NOT has_request AND items IS NOT NULL
