-- One row per badge with a decision, the one that changes most first.
select
    side.badge_id,
    coalesce(any_value(badges.name), '') as badge_name,
    sum(rows_b)::bigint as decisions,
    sum(admitted_a)::bigint as admitted_a,
    coalesce(sum(rows_b) filter (reason = ''), 0)::bigint as admitted_b,
    sum(gained)::bigint as gained,
    sum(lost)::bigint as lost,
    sum(side.breaches)::bigint as breaches
from side
left join report.badges as badges on side.badge_id = badges.badge_id
group by side.badge_id
order by sum(gained) + sum(lost) desc, decisions desc, side.badge_id
