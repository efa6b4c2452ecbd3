-- One row per version of a badge and limit that it carries, with its breaches and, where the limit is in use, its use.
with known as (
    select version.version, version.in_force_from, version.version_no, version.version_no = newest.version_no as in_force
    from staging.version as version
    join ledger.last_version as newest on newest.badge_id = version.badge_id
    where version.badge_id = $badge and version.version_no <= newest.version_no
), carried as (
    select version, limit_name, scope, number
    from report.limits
    where badge_id = $badge
), breached as (
    -- A running cycle of an earlier configuration is judged although the version in force does not carry its limit.
    select version, limit_name, min(scope) as scope, count(*) as breaches
    from report.breaches
    where badge_id = $badge
    group by version, limit_name
), stated as (
    select
        coalesce(carried.version, breached.version) as version,
        coalesce(carried.limit_name, breached.limit_name) as limit_name,
        coalesce(carried.scope, breached.scope) as scope,
        carried.number,
        coalesce(breached.breaches, 0) as breaches
    from carried
    full join breached on breached.version = carried.version and breached.limit_name = carried.limit_name
), used as (
    select limit_name, count(*) as subjects, max(count) as highest, min(headroom) as least_headroom
    from report.usage
    where badge_id = $badge
    group by limit_name
)
select
    known.version, make_timestamptz(known.in_force_from) as in_force_from, known.in_force,
    coalesce(stated.limit_name, '') as limit_name, coalesce(stated.scope, '') as scope,
    stated.number, coalesce(stated.breaches, 0) as breaches,
    case when last_carrier then coalesce(used.subjects, 0) end as subjects,
    case when last_carrier then coalesce(used.highest, 0) end as highest,
    case when last_carrier then used.least_headroom end as least_headroom
from (
    select
        stated.*,
        number is not null and row_number() over (
            partition by limit_name, number is not null order by known.version_no desc
        ) = 1 as last_carrier
    from stated
    join known on known.version = stated.version
) as stated
right join known on known.version = stated.version
left join used on used.limit_name = stated.limit_name and stated.last_carrier
order by known.version_no, limit_name
