-- One row per stretch of processing time with about as many shown issuances as are asked for: its bounds.
WITH told AS (
    SELECT
        -- Instants may be as many as issuances, minutes are few.
        processed // 60000000 AS minute,
        min(processed) AS first,
        max(processed) AS last,
        count(*) AS issuances
    FROM told_row
    GROUP BY minute
),

placed AS (
    SELECT
        *,
        (sum(issuances) OVER (ORDER BY minute) - issuances) // getvariable('stretch_rows') AS stretch_no
    FROM told
)

SELECT
    min(first) AS first,
    max(last) AS last,
    sum(issuances) AS issuances
FROM placed
GROUP BY stretch_no
