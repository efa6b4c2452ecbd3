-- One row per issue that holds or asks for validity: accepted, or refused because one was valid already; of each customer
-- with an issue that is accounted for anew.
WITH asking AS (
    SELECT DISTINCT
        badge_id,
        customer_id
    FROM temp.touched_entry
    WHERE kind = 'ISSUE'
)

SELECT
    entry.row_no,
    entry.badge_id,
    entry.customer_id,
    entry.event_at AS starts_at,
    coalesce(expiry.expires_at, 9223372036854775807) AS ends_at,
    entry.accepted,
    entry.outcome = 'ACCEPTED' AS known,
    entry.processed_at,
    coalesce(entry.revoked_at, 9223372036854775807) AS revoked_at
FROM temp.known_entry AS entry
SEMI JOIN asking ON entry.badge_id = asking.badge_id AND entry.customer_id = asking.customer_id
INNER JOIN ledger.expiry AS expiry USING (row_no)
WHERE entry.kind = 'ISSUE'
