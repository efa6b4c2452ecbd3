-- One row per breach, finding and closed cycle that is compared with the earlier report, no waiver told yet.
WITH every AS (
    SELECT * FROM temp.flag_change
    UNION ALL BY NAME
    SELECT * FROM temp.cycle_change
)

SELECT
    *,
    false AS waived
FROM every
