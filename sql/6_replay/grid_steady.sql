-- One row per flag that every combination of settings raises.
SELECT flag_id
FROM grid_flag
WHERE combinations = (SELECT count(*) FROM grid)
