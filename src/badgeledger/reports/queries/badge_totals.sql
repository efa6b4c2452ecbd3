-- One row: badges by status.
select
    count(*) as badges,
    count(*) filter (where status = 'LIVE') as live,
    count(*) filter (where status = 'UPCOMING') as upcoming,
    count(*) filter (where status = 'EXPIRED') as expired,
    count(*) filter (where coalesce(status, '') = '') as unknown
from report.badges
