-- One row per limit and subject with a count at as-of, the most over and the closest to its limit first.
select
    u.badge_id, coalesce(b.name, '') as badge_name, u.limit_name, coalesce(u.customer_id, '') as customer_id,
    u.count, u.number, u.peak_count, epoch_us(u.peak_at) as peak_at,
    epoch_us(c.starts_at) as span_start, epoch_us(c.ends_at) as span_end
from (
    select * from report.usage order by headroom, badge_id, limit_name, customer_id limit $many
) u
left join report.badges b on b.badge_id = u.badge_id
left join report.cycles c
    on c.badge_id = u.badge_id and c.limit_name = u.limit_name
    and epoch_us(c.starts_at) <= $as_of_us and epoch_us(c.ends_at) > $as_of_us
order by u.headroom, u.badge_id, u.limit_name, u.customer_id
