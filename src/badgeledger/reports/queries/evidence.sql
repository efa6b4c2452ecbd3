-- One row per counted issuance inside the span of a recent breach, up to the breach itself, in the order of counting.
with newest as (
    select *, limit_name like '%:ROLLING_WINDOW:%' and $clock = 'event' as event_clock,
           limit_name like '%:FIXED_WINDOW:%' as fixed
    from report.numbered_breaches
    where count <= $longest
    order by processed_at desc, row_key, badge_id, limit_name
    limit $many
), recent as (
    select n.*, i.position
    from newest n
    join report.numbered_issuances i on i.row_no = n.row_no
), badge_wide as (
    select * from recent where scope = 'BADGE'
    qualify row_number() over (order by processed_at desc, row_key, badge_id, limit_name) <= $badge_wide
), held as (
    select r.breach_id, r.event_clock, r.fixed, r.window_start, r.window_end, r.processed_at as own_processed,
           r.event_at as own_event, r.request_id as own_request, r.position as own_position, i.*
    from recent r
    join report.issuances i on i.badge_id = r.badge_id and i.customer_id = r.customer_id
    where r.scope = 'CUSTOMER' and i.counted
    union all
    select r.breach_id, r.event_clock, r.fixed, r.window_start, r.window_end, r.processed_at,
           r.event_at, r.request_id, r.position, i.*
    from badge_wide r
    join report.issuances i on i.badge_id = r.badge_id and i.processed_at >= coalesce(
        case when r.fixed or r.event_clock then null else r.window_start end, i.processed_at)
    where i.counted
)
select breach_id, row_key, issuance_id,
       epoch_us(case when fixed or event_clock then event_at else processed_at end) as clock
from held
where (window_start is null or case when fixed or event_clock then event_at else processed_at end >= window_start)
  and case when fixed or event_clock then event_at else processed_at end < window_end
  and (case when event_clock then event_at else processed_at end, processed_at, request_id, position)
      <= (case when event_clock then own_event else own_processed end, own_processed, own_request, own_position)
order by breach_id, case when event_clock then event_at else processed_at end, processed_at, request_id, position, row_key
