-- One row per badge with a name that a finding or a change mentions.
select badge_id, name
from report.badges
where name is not null
    and (badge_id in (select badge_id from report.findings) or badge_id in (select badge_id from report.changes))
order by badge_id
