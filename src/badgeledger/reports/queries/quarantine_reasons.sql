-- One row per reason for which a line was refused.
select reason, count(*) as lines, count(distinct source_file) as files
from report.quarantine
group by reason
order by lines desc, reason
