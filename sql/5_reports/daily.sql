-- One row per badge and local day on which calls were processed.
WITH lapsed AS (
    SELECT
        badge_number.badge_id,
        expiry.day,
        count(*) AS expired
    FROM ledger.expiry AS expiry
    INNER JOIN ledger.setting AS setting ON expiry.lapses_at <= setting.as_of
    -- Below the number of its badge a row's number has 36 bits.
    INNER JOIN staging.badge_number AS badge_number ON expiry.row_no >> 36 = badge_number.badge_no
    GROUP BY badge_number.badge_id, expiry.day
)

SELECT
    badge_day.*,
    coalesce(lapsed.expired, 0) AS expired
FROM flags.badge_day AS badge_day
LEFT JOIN lapsed ON badge_day.badge_id = lapsed.badge_id AND badge_day.day = lapsed.day
