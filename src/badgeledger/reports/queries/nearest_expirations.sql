-- One row per issuance that may be one of those that expire closest to as-of: its number.
with nearest as (
    select abs(lapses_at - $as_of_us) as away
    from report.expiry_places
    where lapses_at is not null
    order by away
    limit $many
), farthest as (
    -- With fewer, what never expires is among them.
    select case when count(*) = $many then max(away) end as away from nearest
)
select row_no from report.expiry_places where abs(expires_at - $as_of_us) <= (select away from farthest)
union all
select row_no from report.issuance_places where (select away from farthest) is null
