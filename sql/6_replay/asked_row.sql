-- One row per issuance of a call that rules decide: its customer's number, and what was recorded.
SELECT
    issuance.row_no,
    asking_customer.customer_no::INTEGER AS customer,
    issuance.accepted
FROM staging.issuance AS issuance
INNER JOIN ledger.setting AS setting ON issuance.processed_at <= setting.as_of
INNER JOIN asking_customer ON issuance.customer_id = asking_customer.customer_id
WHERE
    issuance.endpoint IS DISTINCT FROM 'import'
    AND issuance.row_no >> 36 IN (SELECT badge_no FROM ruling_version)
    AND issuance.row_no >= getvariable('asked_from')
    AND issuance.row_no < getvariable('asked_to')
