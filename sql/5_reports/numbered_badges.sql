-- One row per badge of which a call or a definition is known: the number that its rows' numbers begin with.
SELECT
    badge_no,
    badge_id
FROM staging.badge_number
