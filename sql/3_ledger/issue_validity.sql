-- One row per issue that holds or asks for validity: accepted, or refused because one was valid already.
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
FROM ledger.touched_entry AS entry
INNER JOIN ledger.expiry AS expiry USING (row_no)
WHERE entry.kind = 'ISSUE'
