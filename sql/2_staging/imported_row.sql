-- One row per row of an import: what is its own, not its call's.
WITH item AS (
    SELECT
        join_no,
        processed_at,
        unnest(items) AS own,
        generate_subscripts(items, 1) - 1 AS position
    FROM temp.joined_call
    WHERE processed_at IS NOT NULL AND items IS NOT NULL
)

SELECT
    item.join_no,
    item.position,
    item.own.badge_id AS badge_id,
    coalesce(item.own.event_at, item.processed_at) AS event_at,
    item.own.expires_at AS expires_at,
    item.own.reported_expires_at AS reported_expires_at
FROM item
