-- One row per fresh issuance and subject that it belongs to: its customer with the badge, and the badge (no customer).
SELECT
    *,
    customer_id AS subject
FROM temp.fresh_row
UNION ALL BY NAME
SELECT
    *,
    '' AS subject
FROM temp.fresh_row
