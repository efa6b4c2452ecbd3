-- One row per accepted row whose platform id an earlier row already had: of the same badge, customer and kind, or not.
WITH shared AS (
    SELECT *
    FROM temp.holder
    WHERE hash(row_id) IN (
        SELECT hash(row_id) FROM temp.holder
        GROUP BY hash(row_id)
        HAVING count(*) > 1
    )
),

-- Rows of several badges are put in processing order by what it is made of: their numbers are of one badge each.
ordered AS (
    SELECT
        shared.*,
        row_number() OVER (
            ORDER BY
                call.processed_at,
                coalesce(call.request_id, ''),
                call.place,
                call.request_key,
                call.ordinal,
                shared.row_no - shared.call_no
        ) AS turn
    FROM shared
    INNER JOIN staging.call AS call USING (call_no)
),

placed AS (
    SELECT
        row_no,
        row_number() OVER (PARTITION BY row_id, badge_id, customer_id, kind ORDER BY turn) > 1 AS is_repeat,
        turn > min(turn) OVER (PARTITION BY row_id) AS is_later,
        min_by(row_no, turn) OVER (PARTITION BY row_id) AS first_row_no
    FROM ordered
)

SELECT
    row_no,
    is_repeat,
    is_later AND NOT is_repeat AS is_conflict,
    first_row_no
FROM placed
WHERE is_later
