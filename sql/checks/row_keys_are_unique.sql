-- One row per row key that several issuances share, of the badges that were accounted for anew.
SELECT
    row_key AS found_at,
    1 AS expected,
    count(*) AS found
FROM staging.answered_row
SEMI JOIN staging.touched USING (badge_id)
GROUP BY row_key
HAVING count(*) > 1
