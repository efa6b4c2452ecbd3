-- One row: the breaches of a limit of a badge, under the numbers that were in force.
select count(*) as breaches
from report.breaches
where badge_id = $badge and limit_name = $limit
