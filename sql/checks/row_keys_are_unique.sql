-- One row per row key that several issuances share.
SELECT
    row_key AS found_at,
    1 AS expected,
    count(*) AS found
FROM staging.answered_row
GROUP BY row_key
HAVING count(*) > 1
