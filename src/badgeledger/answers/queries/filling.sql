-- One row per counted issuance inside a span, in the order of counting, up to a count.
select
    row_number() over counting as place, make_timestamptz(clock) as at, row_key, issuance_id, customer_id,
    source.path as source_file, line as source_line
from (
    select *, case when $on_event then event_at else processed_at end as clock
    from ledger.entry
    where counted and badge_id = $badge and ($customer is null or customer_id = $customer)
) as entry
join staging.source as source on source.file_id = entry.file_id
where clock < $ends_at and ($starts_at is null or clock >= $starts_at)
window counting as (order by case when $by_clock then clock end, row_no)
qualify place <= $many
order by place
