-- One row per local week with a decision or a breach, oldest first.
select
    week::varchar as week,
    sum(rows_b)::bigint as decisions,
    sum(admitted_a)::bigint as admitted_a,
    coalesce(sum(rows_b) filter (reason = ''), 0)::bigint as admitted_b,
    sum(gained)::bigint as gained,
    sum(lost)::bigint as lost,
    sum(breaches)::bigint as breaches
from side
group by week
order by week
