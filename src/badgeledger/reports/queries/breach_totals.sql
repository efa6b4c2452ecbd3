-- One row: all breaches; an issuance over two limits is two breaches.
select
    count(*) as breaches,
    count(distinct row_key) as issuances,
    count(distinct badge_id) as badges,
    count(distinct customer_id) as customers,
    coalesce(sum(excess), 0)::bigint as excess,
    epoch_us(max(processed_at)) as newest_us
from report.breaches
