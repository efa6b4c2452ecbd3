-- One row per limit and subject with a count above 0 at as-of.
SELECT
    limit_use.badge_id,
    limit_use.limit_name,
    coalesce(limit_use.customer_id, '') AS customer_id,
    limit_use.scope,
    limit_use.count,
    limit_use.number,
    limit_use.number - limit_use.count AS headroom,
    limit_use.peak_count,
    make_timestamptz(limit_use.peak_at) AS peak_at
FROM ledger.limit_use AS limit_use
