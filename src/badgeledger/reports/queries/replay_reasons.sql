-- One row per reason and limit, that of the most rejections first; what was admitted is none of them.
select
    reason,
    limit_name,
    sum(rows_a)::bigint as rows_a,
    sum(rows_b)::bigint as rows_b,
    sum(gained)::bigint as gained,
    sum(lost)::bigint as lost,
    sum(breaches)::bigint as breaches
from side
where reason <> ''
group by reason, limit_name
order by rows_b desc, rows_a desc, reason, limit_name
