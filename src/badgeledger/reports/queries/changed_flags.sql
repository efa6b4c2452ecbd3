-- One row per flag that a state is told of, newest first; where they are many, those that are not still open come first.
select
    kind,
    flag_id,
    state,
    coalesce(cause, '') as cause,
    case when cause_file is null then '' else cause_file || ':' || cause_line end as source,
    case when waived then 'waived' when not comparable then 'not comparable' else '' end as mark,
    epoch_us(first_seen) as first_seen,
    coalesce(badge_id, '') as badge_id,
    coalesce(limit_name, '') as limit_name,
    coalesce(code, '') as code,
    cycle_no,
    coalesce(customer_id, '') as customer_id,
    epoch_us(processed_at) as processed_at,
    count_before,
    count
from (
    from report.changes
    where state <> 'gone-before'
    order by state = 'still-open', processed_at desc nulls last, kind, flag_id
    limit $many
)
order by processed_at desc nulls last, kind, flag_id
