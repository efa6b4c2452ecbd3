-- One row per badge and customer with counted rows: how many, their events and their clocks from the horizons on.
with asked as (
    select
        unnest($badges::varchar[]) as badge_id,
        unnest($events_from::bigint[]) as events_from,
        unnest($clocks_from::bigint[]) as clocks_from
), clocked as (
    select
        entry.badge_id, entry.customer_id, entry.event_at,
        case when $event_clock then entry.event_at else entry.processed_at end as clock,
        asked.events_from, asked.clocks_from
    from ledger.entry as entry
    join asked on asked.badge_id = entry.badge_id
    where entry.counted
)
select
    badge_id, customer_id, count(*) as counted,
    coalesce(list(event_at order by event_at) filter (event_at >= events_from), []) as events,
    coalesce(list(clock order by clock) filter (clock >= clocks_from), []) as clocks
from clocked
group by badge_id, customer_id
