-- One row per limit and subject that is not over: the closest to its limit first.
select
    u.badge_id,
    coalesce(b.name, '') as badge_name,
    u.limit_name,
    u.customer_id,
    u.count,
    u.number,
    u.headroom,
    u.peak_count
from report.usage u
left join report.badges b on b.badge_id = u.badge_id
where u.headroom >= 0
order by u.headroom, u.number desc, u.badge_id, u.limit_name, u.customer_id
limit $many
