-- One row per badge with a counted issuance: the last instant at which one of its events took place.
SELECT
    badge_id,
    max(event_at) AS event_at
FROM temp.known_entry
WHERE counted
GROUP BY badge_id
