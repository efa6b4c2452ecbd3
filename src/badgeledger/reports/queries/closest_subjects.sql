-- One row per limit and subject that is not over: the closest to its limit first.
select
    u.badge_id,
    coalesce(b.name, '') as badge_name,
    u.limit_name,
    u.customer_id,
    u.count,
    u.number,
    u.headroom,
    u.peak_count,
    epoch_us(c.starts_at) as span_start,
    epoch_us(c.ends_at) as span_end
from report.usage u
left join report.badges b on b.badge_id = u.badge_id
left join report.cycles c
    on c.badge_id = u.badge_id and c.limit_name = u.limit_name
    and epoch_us(c.starts_at) <= $as_of_us and epoch_us(c.ends_at) > $as_of_us
where u.headroom >= 0
order by u.headroom, u.number desc, u.badge_id, u.limit_name, u.customer_id
limit $many
