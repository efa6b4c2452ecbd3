-- One row per customer of a call whose badge has a version: its number in the kernel's arrays.
SELECT
    customer_id,
    row_number() OVER () - 1 AS customer_no
FROM staging.answered_row
WHERE version_no IS NOT NULL
GROUP BY customer_id
