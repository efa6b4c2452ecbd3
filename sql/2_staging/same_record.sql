-- One row per line that holds the same values as another line, which stands for both (RULEBOOK 3, the same record twice).
SELECT * FROM staging.same_call
UNION ALL
SELECT * FROM staging.same_other
