-- One row per customer of the rows in the stretch at hand: its number in the kernel's arrays.
SELECT
    customer_id,
    row_number() OVER () - 1 AS customer_no
FROM staging.answered_row
WHERE row_no >= getvariable('asked_from') AND row_no < getvariable('asked_to')
GROUP BY customer_id
