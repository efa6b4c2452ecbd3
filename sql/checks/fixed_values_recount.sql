-- One row per breach of a fixed value in scope BADGE whose count a plain window query does not give.
WITH plain AS (
    SELECT
        row_no,
        count(*) OVER (PARTITION BY badge_id ORDER BY row_no) AS count
    FROM ledger.entry
    WHERE counted AND badge_id IN (
        SELECT badge_id FROM ledger.over_limit
        WHERE limit_name = 'BADGE:FIXED_VALUE'
    )
)

SELECT
    over_limit.row_no::VARCHAR AS found_at,
    plain.count AS expected,
    over_limit.count AS found
FROM ledger.over_limit AS over_limit
INNER JOIN plain USING (row_no)
WHERE over_limit.limit_name = 'BADGE:FIXED_VALUE' AND plain.count <> over_limit.count
