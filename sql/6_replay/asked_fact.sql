-- One row per accepted import up to as-of of a badge with a version: a fact, which nobody decides.
SELECT
    imported.row_no,
    asking_customer.customer_no::INTEGER AS customer,
    imported.accepted,
    version.version_no::INTEGER AS version,
    imported.kind = 'ISSUE' AS is_issue,
    imported.processed_at AS processed,
    imported.event_at AS event,
    imported.call_no AS call,
    0::INTEGER AS request,
    true AS fact
FROM staging.issuance AS imported
INNER JOIN ledger.setting AS setting ON imported.processed_at <= setting.as_of
ASOF INNER JOIN ruling_version AS version
    ON imported.badge_id = version.badge_id AND imported.processed_at >= version.valid_from
INNER JOIN asking_customer ON imported.customer_id = asking_customer.customer_id
WHERE
    imported.imported
    AND imported.accepted
    AND imported.row_no >= getvariable('asked_from')
    AND imported.row_no < getvariable('asked_to')
