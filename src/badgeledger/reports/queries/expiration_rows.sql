-- One row per accepted issuance, those that expire closest to as-of first; what never expires is last.
select
    badge_id, coalesce(customer_id, '') as customer_id, kind, state, coalesce(rule, '') as rule,
    coalesce(issuance_id, '') as issuance_id, epoch_us(processed_at) as processed_at, epoch_us(event_at) as event_at,
    epoch_us(expires_at) as expires_at
from report.expirations
order by abs(epoch_us(expires_at) - $as_of_us) nulls last, processed_at desc nulls last, row_key
limit $many
