-- One row per badge that is not due yet, though its rows hang together with those of a badge that is.
WITH shared_pair AS (
    SELECT
        row_no >> 36 AS one,
        first_row_no >> 36 AS other
    FROM staging.shared_id
    WHERE row_no >> 36 <> first_row_no >> 36
),

numbered AS (
    SELECT
        one,
        other
    FROM shared_pair
    UNION
    SELECT
        other AS one,
        one AS other
    FROM shared_pair
)

SELECT other.badge_id
FROM temp.link AS one
INNER JOIN temp.link AS other USING (link)
WHERE
    one.badge_id IN (SELECT badge_id FROM staging.due)
    AND other.badge_id NOT IN (SELECT badge_id FROM staging.due)
UNION
SELECT other.badge_id
FROM numbered
INNER JOIN staging.badge_number AS one ON numbered.one = one.badge_no
INNER JOIN staging.badge_number AS other ON numbered.other = other.badge_no
WHERE
    one.badge_id IN (SELECT badge_id FROM staging.due)
    AND other.badge_id NOT IN (SELECT badge_id FROM staging.due)
