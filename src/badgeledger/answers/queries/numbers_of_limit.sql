-- One row per number that a limit of a badge had, the newest first: since when, and whether it is in force.
select
    carried.number,
    min(carried.in_force_from) as in_force_from,
    bool_or(carried.version = newest.version) as in_force
from report.limits as carried
join ledger.last_version as newest on newest.badge_id = carried.badge_id
where carried.badge_id = $badge and carried.limit_name = $limit
group by carried.number
order by max(carried.in_force_from) desc
