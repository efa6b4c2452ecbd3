-- One row per issuance, newest first; of those whose numbers were found.
select
    i.badge_id, coalesce(b.name, '') as badge_name, coalesce(i.customer_id, '') as customer_id, i.kind,
    coalesce(i.outcome, '') as outcome, coalesce(i.code, '') as code, i.counted::varchar as counted,
    epoch_us(i.processed_at) as processed_at, epoch_us(i.event_at) as event_at,
    coalesce(i.issuance_id, '') as issuance_id, coalesce(i.source_file, '') as source_file, i.source_line
from report.numbered_issuances i
left join report.badges b on b.badge_id = i.badge_id
where i.row_no in (from found_row)
order by i.processed_at desc nulls last, i.row_key, i.request_id, i.position
limit $many
