-- One row per customer in a call that rules decide, whatever the platform answered; of each badge in processing order.
SELECT
    answered_row.row_no,
    asked_call.badge_no AS badge,
    asking_customer.customer_no::INTEGER AS customer,
    asked_call.version_no AS version,
    answered_row.kind = 'ISSUE' AS is_issue,
    answered_row.processed_at AS processed,
    answered_row.event_at AS event,
    asked_call.call_no AS call,
    asked_call.request
FROM staging.answered_row AS answered_row
INNER JOIN asked_call USING (call_no)
INNER JOIN asking_customer USING (customer_id)
ORDER BY badge, answered_row.row_no
