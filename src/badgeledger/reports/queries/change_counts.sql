-- One row per state: its flags, and those that a waiver marks.
select state, count(*) as flags, count(*) filter (waived) as waived
from report.changes
group by state
order by state
