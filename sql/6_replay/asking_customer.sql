-- One row per customer of the rows that rules decide, in the stretch at hand: its number in the kernel's arrays.
SELECT
    customer_id,
    row_number() OVER () - 1 AS customer_no
FROM staging.answered_row
WHERE
    row_no >> 36 IN (SELECT badge_no FROM ruling_version)
    AND row_no >= getvariable('asked_from')
    AND row_no < getvariable('asked_to')
GROUP BY customer_id
