-- One row per limit of the newest version of a badge.
select badge_id, limit_name, number
from report.limits
qualify in_force_from = max(in_force_from) over (partition by badge_id)
order by badge_id, limit_name, version
