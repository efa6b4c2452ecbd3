-- One row per finding code that was raised.
select
    code,
    max(platform_code) as platform_code,
    max(severity) as severity,
    count(*) as findings,
    count(distinct badge_id) filter (where badge_id <> '') as badges,
    epoch_us(max(processed_at)) as newest_us
from report.findings
group by code
order by code
