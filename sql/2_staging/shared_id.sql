-- One row per accepted row whose platform id an earlier row already had: of the same badge, customer and kind, or not.
WITH given AS (
    SELECT
        row_no,
        row_id,
        badge_id,
        customer_id,
        kind
    FROM staging.answered_row
    WHERE answered = 'ACCEPTED' AND row_id IS NOT NULL
),

shared AS (
    SELECT given.*
    FROM given
    WHERE hash(
        given.row_id) IN (
        SELECT hash(row_id) FROM given
        GROUP BY hash(row_id)
        HAVING count(*) > 1
    )
),

placed AS (
    SELECT
        row_no,
        row_number() OVER (PARTITION BY row_id, badge_id, customer_id, kind ORDER BY row_no) > 1 AS is_repeat,
        row_no > min(row_no) OVER (PARTITION BY row_id) AS is_later,
        min(row_no) OVER (PARTITION BY row_id) AS first_row_no
    FROM shared
)

SELECT
    row_no,
    is_repeat,
    is_later AND NOT is_repeat AS is_conflict,
    first_row_no
FROM placed
WHERE is_later
