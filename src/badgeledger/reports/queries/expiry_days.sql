-- One row per day of 24 hours before or after as-of with an expiry: day 0 ends with the first 24 hours after it.
select ceil((lapses_at - $as_of_us) / 86400000000)::bigint - 1 as day, count(*) as expiries
from report.expiry_places
where lapses_at > $as_of_us - $days * 86400000000 and lapses_at <= $as_of_us + $days * 86400000000
group by day
order by day
