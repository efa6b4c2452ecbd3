-- One row per line that repeats what another line has brought (RULEBOOK 3, the same record twice).
SELECT * FROM staging.same_record
UNION ALL
SELECT * FROM staging.known_row
