-- One row per customer and badge for which the two sides decide differently: what the customer gains and loses under the
-- other rules.
SELECT
    badge_id,
    customer_id,
    count(*) FILTER (reason_a = '') AS admitted_a,
    count(*) FILTER (reason_b = '') AS admitted_b,
    count(*) FILTER (reason_b = '' AND reason_a <> '') AS gained,
    count(*) FILTER (reason_a = '' AND reason_b <> '') AS lost
FROM decided_twice
WHERE row_no >= getvariable('asked_from') AND row_no < getvariable('asked_to')
GROUP BY badge_id, customer_id
HAVING count(*) FILTER ((reason_a = '') <> (reason_b = '')) > 0
