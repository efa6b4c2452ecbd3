-- One row per cycle of a badge, with what was counted in it.
with counted as (
    select
        scope, cycle_no,
        sum(count)::bigint as counted,
        count(*) as subjects,
        max(count) as highest,
        max(number) as number,
        count(*) filter (where breached) as over_limit
    from report.cycle_counts
    where badge_id = $badge
    group by scope, cycle_no
)
select
    cycle.scope, cycle.cycle_no, cycle.limit_name, cycle.first_day, cycle.last_day, cycle.starts_at, cycle.ends_at,
    case
        when epoch_us(cycle.ends_at) <= $as_of then 'past'
        when epoch_us(cycle.starts_at) <= $as_of then 'current'
        else 'next'
    end as state,
    (epoch_us(cycle.ends_at) - epoch_us(cycle.starts_at)) // 60000000 as minutes,
    coalesce(counted.counted, 0) as counted,
    coalesce(counted.subjects, 0) as subjects,
    coalesce(counted.highest, 0) as highest,
    counted.number,
    coalesce(counted.over_limit, 0) as over_limit
from report.cycles as cycle
left join counted on counted.scope = cycle.scope and counted.cycle_no = cycle.cycle_no
where cycle.badge_id = $badge
order by cycle.scope, cycle.cycle_no
