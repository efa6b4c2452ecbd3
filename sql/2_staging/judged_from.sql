-- One row per touched badge: from the number of its earliest row on that may be, or is, judged otherwise than before. A
-- late event may fill the window of a row that was processed before it.
WITH verdict AS (
    SELECT
        row_no,
        hash(over_limit) AS said
    FROM ledger.over_limit AS over_limit
    UNION ALL
    SELECT
        row_no,
        hash(over_limit) AS said
    FROM temp.judged_over_limit AS over_limit
    UNION ALL
    SELECT
        row_no,
        hash(row_no) AS said
    FROM ledger.outside_cycle
    UNION ALL
    SELECT
        row_no,
        hash(row_no) AS said
    FROM temp.judged_outside_cycle
    UNION ALL
    SELECT
        row_no,
        hash(straddle) AS said
    FROM ledger.straddle AS straddle
    UNION ALL
    SELECT
        row_no,
        hash(straddle) AS said
    FROM temp.judged_straddle AS straddle
),

told_once AS (
    SELECT verdict.row_no
    FROM verdict
    INNER JOIN staging.touched AS touched
        ON verdict.row_no >> 36 = touched.badge_no AND verdict.row_no < touched.from_no
    GROUP BY verdict.row_no, verdict.said
    HAVING count(*) = 1
)

SELECT
    touched.badge_id,
    touched.badge_no,
    least(touched.from_no, min(told_once.row_no)) AS from_no
FROM staging.touched AS touched
LEFT JOIN told_once ON touched.badge_no = told_once.row_no >> 36
GROUP BY touched.badge_id, touched.badge_no, touched.from_no
