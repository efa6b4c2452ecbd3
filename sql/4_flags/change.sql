-- One row per breach, finding and closed cycle that the comparison with the earlier report tells of, waivers marked.
WITH every AS (
    SELECT * FROM temp.flag_change
    UNION ALL BY NAME
    SELECT * FROM temp.cycle_change
)

SELECT
    every.* EXCLUDE (stands),
    every.stands AND EXISTS (
        SELECT waiver.waiver_no
        FROM temp.waiver AS waiver
        WHERE
            waiver.holds
            AND (
                waiver.flag = every.flag_id
                OR (
                    waiver.badge = every.badge_id
                    AND waiver.limit_name = every.limit_name
                    AND coalesce(waiver.customer = every.customer_id, waiver.customer IS NULL)
                )
            )
    ) AS waived
FROM every
