-- One row per cycle and subject with a counted row; scope BADGE has no customer.
SELECT
    badge_code.badge_id,
    CASE found.scope WHEN 0 THEN 'BADGE' ELSE 'CUSTOMER' END AS scope,
    found.cycle_no::BIGINT AS cycle_no,
    customer_code.customer_id,
    found.count::BIGINT AS count,
    nullif(found.number, -1) AS number,
    found.breached
FROM kernel_cycle_count AS found
INNER JOIN ledger.badge_code AS badge_code USING (badge_no)
LEFT JOIN ledger.customer_code AS customer_code ON found.customer = customer_code.customer_no
