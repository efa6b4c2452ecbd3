-- One row: subjects of limits at as-of, by what is left to them.
select
    count(*) as subjects,
    count(*) filter (where headroom < 0) as beyond,
    count(*) filter (where headroom = 0) as full_now,
    count(*) filter (where headroom = 1) as one_left,
    count(*) filter (where headroom > 1) as more_left,
    count(distinct (badge_id, limit_name)) as limits
from report.usage
