-- One row per badge scope in which rows in cycles and rows outside them are more than the counted rows.
WITH counted AS (
    SELECT
        badge_id,
        sum(counted) AS rows_counted
    FROM flags.badge_day
    GROUP BY badge_id
)

SELECT
    cycle_count.badge_id || ' ' || cycle_count.scope AS found_at,
    min(counted.rows_counted) AS expected,
    sum(cycle_count.count) AS found
FROM ledger.cycle_count AS cycle_count
INNER JOIN counted USING (badge_id)
GROUP BY cycle_count.badge_id, cycle_count.scope
HAVING sum(cycle_count.count) > min(counted.rows_counted)
