-- One row per accepted issuance, those that expire closest to as-of first; what never expires is last.
select
    e.badge_id, coalesce(b.name, '') as badge_name, coalesce(e.customer_id, '') as customer_id, e.kind, e.state,
    coalesce(e.rule, '') as rule, coalesce(e.issuance_id, '') as issuance_id,
    epoch_us(e.processed_at) as processed_at, epoch_us(e.event_at) as event_at, epoch_us(e.expires_at) as expires_at
from (
    select *, abs(epoch_us(expires_at) - $as_of_us) as away
    from report.expirations
    order by away nulls last, processed_at desc nulls last, row_key
    limit $many
) e
left join report.badges b on b.badge_id = e.badge_id
order by e.away nulls last, e.processed_at desc nulls last, e.row_key
