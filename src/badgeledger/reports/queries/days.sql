-- One row per local day with a request, oldest first.
select
    day::varchar as day,
    sum(breaches)::bigint as breaches,
    sum(counted)::bigint as counted,
    sum(rejected)::bigint as rejected
from report.daily
group by day
order by day
