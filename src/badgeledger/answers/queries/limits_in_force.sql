-- One row per badge and limit that its version in force at as-of carries, with the badge's period.
select
    version_limit.badge_id, version_limit.limit_name, version_limit.scope, version_limit.kind, version_limit.unit,
    version_limit.length, version_limit.start_day, version_limit.number,
    newest.starts_at, newest.expires_at
from ledger.last_version as newest
join staging.version_limit as version_limit
    on version_limit.badge_id = newest.badge_id and version_limit.version_no = newest.version_no
where version_limit.rules and list_contains($badges, version_limit.badge_id)
order by version_limit.badge_id, version_limit.limit_name
