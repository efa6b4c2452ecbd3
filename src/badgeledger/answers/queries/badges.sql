-- One row per badge.
select badge_id, name
from report.badges
order by badge_id
