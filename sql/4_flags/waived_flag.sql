-- One row per breach or finding that stands and that a waiver marks.
SELECT DISTINCT
    change.kind,
    change.flag_id
FROM flags.change AS change
INNER JOIN temp.waiver AS waiver
    ON waiver.holds AND (
        waiver.flag = change.flag_id
        OR (
            waiver.badge = change.badge_id
            AND waiver.limit_name = change.limit_name
            AND coalesce(waiver.customer = change.customer_id, waiver.customer IS NULL)
        )
    )
WHERE change.state IN ('new', 'reopened', 'newly-judged', 'still-open')
