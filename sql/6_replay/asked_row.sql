-- One row per issuance that rules decide, and per accepted import, which is a fact; of each badge in processing order.
WITH asked AS (
    SELECT
        answered_row.row_no,
        asked_call.badge_no,
        answered_row.customer_id,
        asked_call.version_no,
        answered_row.kind,
        answered_row.processed_at,
        answered_row.event_at,
        asked_call.call_no,
        asked_call.request,
        false AS fact
    FROM staging.answered_row AS answered_row
    INNER JOIN asked_call USING (call_no)
    UNION ALL
    SELECT
        imported.row_no,
        version.badge_no,
        imported.customer_id,
        version.version_no,
        imported.kind,
        imported.processed_at,
        imported.event_at,
        imported.call_no,
        0 AS request,
        true AS fact
    FROM staging.issuance AS imported
    INNER JOIN ledger.setting AS setting ON imported.processed_at <= setting.as_of
    ASOF INNER JOIN ruling_version AS version
        ON imported.badge_id = version.badge_id AND imported.processed_at >= version.valid_from
    WHERE imported.imported AND imported.accepted
)

SELECT
    asked.row_no,
    asked.badge_no AS badge,
    asking_customer.customer_no::INTEGER AS customer,
    asked.version_no AS version,
    asked.kind = 'ISSUE' AS is_issue,
    asked.processed_at AS processed,
    asked.event_at AS event,
    asked.call_no AS call,
    asked.request,
    asked.fact,
    coalesce(revoked_row.revoked_at, 9223372036854775807) AS revoked_at
FROM asked
INNER JOIN asking_customer USING (customer_id)
LEFT JOIN ledger.revoked_row AS revoked_row USING (row_no)
ORDER BY badge, asked.row_no
