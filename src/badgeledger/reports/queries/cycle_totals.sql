-- One row: cycles of all badges.
select count(*) as cycles, count(distinct badge_id) as badges from report.cycles
