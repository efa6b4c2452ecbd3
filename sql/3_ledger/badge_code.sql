-- One row per badge with a version: its number in the kernel's arrays.
SELECT
    badge_id,
    row_number() OVER (ORDER BY badge_id) - 1 AS badge_no
FROM staging.version
GROUP BY badge_id
