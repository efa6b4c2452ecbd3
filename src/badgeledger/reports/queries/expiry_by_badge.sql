-- One row per badge with an accepted issuance: what expired and what will, in days of 24 hours around as-of.
with dated as (
    select badge_id, state, epoch_us(expires_at) - $as_of_us as ahead_us from report.expirations
)
select
    d.badge_id,
    max(coalesce(b.name, '')) as badge_name,
    count(*) filter (where d.state = 'ACTIVE') as active,
    count(*) filter (where d.state = 'ACTIVE' and d.ahead_us is null) as without_end,
    count(*) filter (where d.state = 'EXPIRED') as expired,
    count(*) filter (where d.state = 'REVOKED') as revoked,
    count(*) filter (where d.state = 'EXPIRED' and d.ahead_us > -90 * 86400000000) as past_90,
    count(*) filter (where d.state = 'EXPIRED' and d.ahead_us > -30 * 86400000000) as past_30,
    count(*) filter (where d.state = 'ACTIVE' and d.ahead_us <= 30 * 86400000000) as next_30,
    count(*) filter (where d.state = 'ACTIVE' and d.ahead_us <= 60 * 86400000000) as next_60,
    count(*) filter (where d.state = 'ACTIVE' and d.ahead_us <= 90 * 86400000000) as next_90
from dated d
left join report.badges b on b.badge_id = d.badge_id
group by d.badge_id
order by next_30 desc, next_90 desc, active desc, d.badge_id
