-- One row per local day of the zone between the first and the last processing: its first instant, in microseconds.
SELECT
    DATE '1970-01-01' + found.day::INTEGER AS day,
    found.starts_at
FROM kernel_zone_day AS found
