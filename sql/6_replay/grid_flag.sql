-- One row per flag that some combination of settings raises, with the numbers of those that do.
SELECT
    flag_id,
    kind,
    code,
    badge_id,
    customer_id,
    processed_at,
    count(DISTINCT combination) AS combinations,
    array_to_string(list_sort(list_distinct(list(combination))), ' ') AS raised_under
FROM grid_seen
GROUP BY flag_id, kind, code, badge_id, customer_id, processed_at
