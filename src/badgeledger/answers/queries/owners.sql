-- One row per limit in use and owner, request or batch that brought rows into its spans at as-of.
with span as (
    select
        unnest($badges::varchar[]) as badge_id,
        unnest($limits::varchar[]) as limit_name,
        unnest($on_event::boolean[]) as on_event,
        unnest($starts::bigint[]) as starts_at,
        unnest($ends::bigint[]) as ends_at
), filling as (
    select
        span.badge_id, span.limit_name, entry.customer_id, entry.processed_at,
        case $used_by
            when 'owner' then coalesce(entry.owner_type, '')
            when 'request' then coalesce(entry.request_id, '')
            else batch.batch_id::varchar
        end as used_by,
        case when $used_by = 'batch' then batch.ingested_at end as ingested_at
    from span
    join ledger.entry as entry
        on entry.badge_id = span.badge_id and entry.counted
        and case when span.on_event then entry.event_at else entry.processed_at end >= span.starts_at
        and case when span.on_event then entry.event_at else entry.processed_at end < span.ends_at
    join raw.file as file on file.file_id = entry.file_id
    join raw.batch as batch on batch.batch_id = file.batch_id
), brought as (
    select
        filling.badge_id, filling.limit_name, filling.used_by, filling.ingested_at, used.number,
        count(*) as counted,
        count(distinct used.customer_id) as subjects,
        count(distinct used.customer_id) filter (where used.headroom = 0) as full_subjects,
        count(distinct used.customer_id) filter (where used.headroom < 0) as over_subjects,
        make_timestamptz(min(filling.processed_at)) as first_processed_at,
        make_timestamptz(max(filling.processed_at)) as last_processed_at
    from filling
    join report.usage as used
        on used.badge_id = filling.badge_id and used.limit_name = filling.limit_name
        and (used.scope = 'BADGE' or used.customer_id = filling.customer_id)
    group by filling.badge_id, filling.limit_name, filling.used_by, filling.ingested_at, used.number
)
select
    brought.badge_id, coalesce(badge.name, '') as badge_name, brought.limit_name, brought.number,
    brought.used_by, brought.ingested_at,
    round(100 * brought.counted / sum(brought.counted) over (partition by brought.badge_id, brought.limit_name), 1)
        as percent,
    brought.counted, brought.subjects, brought.full_subjects, brought.over_subjects,
    brought.first_processed_at, brought.last_processed_at
from brought
left join report.badges as badge on badge.badge_id = brought.badge_id
order by brought.badge_id, brought.limit_name, brought.counted desc, brought.used_by, brought.ingested_at
