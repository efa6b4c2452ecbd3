-- One row per stretch of processing time with about as many shown issuances as are asked for: its bounds.
WITH told AS (
    SELECT
        processed,
        count(*) AS issuances
    FROM told_row
    GROUP BY processed
),

placed AS (
    SELECT
        processed,
        issuances,
        (sum(issuances) OVER (ORDER BY processed) - issuances) // getvariable('stretch_rows') AS stretch_no
    FROM told
)

SELECT
    min(processed) AS first,
    max(processed) AS last,
    sum(issuances) AS issuances
FROM placed
GROUP BY stretch_no
