-- One row per accepted issuance, those that expire closest to as-of first; what never expires is last. Of those whose
-- numbers were found.
select
    e.badge_id, coalesce(b.name, '') as badge_name, coalesce(e.customer_id, '') as customer_id, e.kind, e.state,
    coalesce(e.rule, '') as rule, coalesce(e.issuance_id, '') as issuance_id,
    epoch_us(e.processed_at) as processed_at, epoch_us(e.event_at) as event_at, epoch_us(e.expires_at) as expires_at
from report.numbered_expirations e
left join report.badges b on b.badge_id = e.badge_id
where e.row_no in (from found_row)
order by abs(epoch_us(e.expires_at) - $as_of_us) nulls last, e.processed_at desc nulls last, e.row_key
limit $many
