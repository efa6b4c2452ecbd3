-- One row per badge that has a finding.
select badge_id, coalesce(name, '') as name
from report.badges
where badge_id in (select badge_id from report.findings)
order by badge_id
