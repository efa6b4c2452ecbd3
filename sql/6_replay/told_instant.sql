-- One row per instant at which something that is shown was processed: how many issuances.
SELECT
    processed,
    count(*) AS issuances
FROM told_row
GROUP BY processed
