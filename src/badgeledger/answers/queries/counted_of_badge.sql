-- One row per counted issuance of a badge, in processing order.
select
    row_no, 0::integer as badge, (dense_rank() over (order by customer_id) - 1)::integer as customer,
    version_no::integer as version, processed_at as processed, event_at as event
from ledger.entry
where counted and badge_id = $badge
order by row_no
