-- One row per badge with a breach, the most first.
select
    badge_id,
    max(badge_name) as badge_name,
    count(*) as breaches,
    count(distinct row_key) as issuances,
    count(distinct customer_id) as customers,
    max(excess) as worst,
    epoch_us(max(processed_at)) as newest_us
from report.breaches
group by badge_id
order by breaches desc, badge_id
limit $many
