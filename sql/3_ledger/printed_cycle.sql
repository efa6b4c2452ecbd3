-- One row per cycle that a dump up to as-of prints of a known badge, with the computed cycle that holds its first day.
SELECT
    platform_cycle.* EXCLUDE (starts_on, ends_on),
    coalesce(platform_cycle.logged_at, setting.as_of) AS instant,
    DATE '1970-01-01' + found.first_day::INTEGER AS printed_first_day,
    DATE '1970-01-01' + found.last_day::INTEGER AS printed_last_day,
    DATE '1970-01-01' + nullif(found.computed_first_day, -9223372036854775808)::INTEGER AS first_day,
    DATE '1970-01-01' + nullif(found.computed_last_day, -9223372036854775808)::INTEGER AS last_day,
    found.starts_at,
    found.ends_at
FROM kernel_printed_cycle AS found
INNER JOIN staging.platform_cycle AS platform_cycle USING (printed_no)
CROSS JOIN ledger.setting AS setting
