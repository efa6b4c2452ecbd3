-- One row per badge and limit with a count at as-of: how full its subjects are; the fullest first.
select
    u.badge_id,
    max(coalesce(b.name, '')) as badge_name,
    u.limit_name,
    count(*) as subjects,
    count(*) filter (where u.headroom < 0) as beyond,
    count(*) filter (where u.headroom = 0) as full_now,
    count(*) filter (where u.headroom = 1) as one_left,
    max(u.count) as highest,
    max(u.number) as number
from report.usage u
left join report.badges b on b.badge_id = u.badge_id
group by u.badge_id, u.limit_name
order by beyond desc, full_now desc, one_left desc, subjects desc, u.badge_id, u.limit_name
limit $many
