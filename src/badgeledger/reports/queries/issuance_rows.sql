-- One row per issuance, newest first.
select
    badge_id, coalesce(customer_id, '') as customer_id, kind, coalesce(outcome, '') as outcome,
    coalesce(code, '') as code, counted::varchar as counted, epoch_us(processed_at) as processed_at,
    epoch_us(event_at) as event_at, coalesce(issuance_id, '') as issuance_id,
    coalesce(source_file, '') as source_file, source_line
from report.issuances
order by processed_at desc nulls last, row_key, request_id, position
limit $many
