-- One row per day of 24 hours before or after as-of with an expiry: day 0 is the first after it.
select floor((epoch_us(expires_at) - $as_of_us) / 86400000000)::bigint as day, count(*) as expiries
from report.expirations
where state <> 'REVOKED' and expires_at is not null
  and epoch_us(expires_at) > $as_of_us - $days * 86400000000
  and epoch_us(expires_at) <= $as_of_us + $days * 86400000000
group by day
order by day
