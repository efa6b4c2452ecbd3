-- One row per customer with a counted row: its number in the kernel's arrays.
SELECT
    customer_id,
    row_number() OVER () - 1 AS customer_no
FROM temp.known_entry
WHERE counted
GROUP BY customer_id
