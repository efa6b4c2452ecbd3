-- One row per customer of a call: its number in the kernel's arrays.
SELECT
    customer_id,
    row_number() OVER () - 1 AS customer_no
FROM staging.answered_row
GROUP BY customer_id
