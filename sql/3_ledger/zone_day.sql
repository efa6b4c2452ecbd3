-- One row per local day of the zone between the first and the last processing, and UTC day in which a part of it lies.
SELECT
    DATE '1970-01-01' + found.day::INTEGER AS day,
    found.starts_at,
    found.ends_at,
    -- An instant finds its local day by its UTC day: a join by order alone would sort every issuance.
    unnest(
        generate_series(
            make_timestamp(found.starts_at)::DATE, make_timestamp(found.ends_at - 1)::DATE, INTERVAL 1 DAY
        )
    )::DATE AS utc_day
FROM kernel_zone_day AS found
