-- One row per limit name with a breach, the most first.
select
    limit_name,
    count(*) as breaches,
    count(distinct badge_id) as badges,
    max(excess) as worst
from report.breaches
group by limit_name
order by breaches desc, limit_name
