-- One row per flag that some combinations of settings raise and others do not, with the settings that it depends on.
SELECT
    grid_flag.flag_id,
    grid_flag.kind,
    grid_flag.code,
    grid_flag.badge_id,
    grid_flag.customer_id,
    grid_flag.processed_at,
    grid_input.depends_on::VARCHAR AS depends_on,
    grid_flag.combinations,
    grid_flag.raised_under
FROM grid_flag
ANTI JOIN grid_steady AS steady ON grid_flag.flag_id = steady.flag_id
INNER JOIN grid_input ON grid_flag.raised_under = grid_input.raised_under::VARCHAR
