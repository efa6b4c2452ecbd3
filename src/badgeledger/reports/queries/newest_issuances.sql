-- One row per issuance that is one of the newest, or as old as the oldest of these: its number.
select row_no
from report.issuance_places
where processed_at >= (
    select min(processed_at)
    from (select processed_at from report.issuance_places order by processed_at desc limit $many)
)
