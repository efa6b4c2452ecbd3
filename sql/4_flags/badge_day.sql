-- One row per badge and local day on which calls were processed: its issuances by outcome, and the breaches among them.
WITH called AS (
    -- All rows of a call are processed at once.
    SELECT
        badge_id,
        call_no,
        processed_at,
        count(*) FILTER (outcome = 'ACCEPTED') AS accepted,
        count(*) FILTER (outcome = 'ASSUMED') AS assumed,
        count(*) FILTER (outcome = 'REJECTED') AS rejected,
        count(*) FILTER (outcome = 'REPEAT') AS repeated,
        count(*) FILTER (counted) AS counted
    FROM temp.known_entry
    GROUP BY badge_id, call_no, processed_at
),

broken AS (
    SELECT
        badge_id,
        processed_at,
        count(*) AS breaches
    FROM flags.breach
    SEMI JOIN staging.touched USING (badge_id)
    GROUP BY badge_id, processed_at
),

told AS (
    SELECT
        badge_id,
        processed_at,
        1 AS requests,
        accepted,
        assumed,
        rejected,
        repeated,
        counted,
        0 AS breaches
    FROM called
    UNION ALL
    SELECT
        badge_id,
        processed_at,
        0,
        0,
        0,
        0,
        0,
        0,
        breaches
    FROM broken
)

SELECT
    told.badge_id,
    zone_day.day,
    sum(told.requests)::BIGINT AS requests,
    sum(told.accepted)::BIGINT AS accepted,
    sum(told.assumed)::BIGINT AS assumed,
    sum(told.rejected)::BIGINT AS rejected,
    sum(told.repeated)::BIGINT AS repeated,
    sum(told.counted)::BIGINT AS counted,
    sum(told.breaches)::BIGINT AS breaches
FROM told
INNER JOIN ledger.zone_day AS zone_day
    ON
        make_timestamp(told.processed_at)::DATE = zone_day.utc_day
        AND told.processed_at >= zone_day.starts_at
        AND told.processed_at < zone_day.ends_at
GROUP BY told.badge_id, zone_day.day
