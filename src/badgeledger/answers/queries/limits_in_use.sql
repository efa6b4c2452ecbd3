-- One row per limit with a subject in use at as-of, with the bounds of its cycle if it is a fixed window.
select
    used.badge_id, used.limit_name, used.scope, used.number,
    version_limit.kind, version_limit.unit, version_limit.length, version_limit.start_day,
    cycle.starts_at, cycle.ends_at
from (select distinct badge_id, limit_name, scope, number from report.usage) as used
join (
    select distinct badge_id, limit_name, kind, unit, length, start_day from staging.version_limit
) as version_limit on version_limit.badge_id = used.badge_id and version_limit.limit_name = used.limit_name
left join ledger.cycle as cycle
    on version_limit.kind = 'FIXED_WINDOW'
    and cycle.badge_id = used.badge_id and cycle.scope = used.scope
    and cycle.starts_at <= $as_of and cycle.ends_at > $as_of
where $badge is null or used.badge_id = $badge
order by used.badge_id, used.limit_name
