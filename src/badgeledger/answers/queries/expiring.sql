-- One row per active issuance that expires within a span behind as-of.
select
    expiration.expires_at, expiration.badge_id, coalesce(badge.name, '') as badge_name, expiration.customer_id,
    (epoch_us(expiration.expires_at) - $as_of) // 86400000000 as days_left, expiration.kind, expiration.issuance_id, expiration.rule, expiration.event_at, expiration.processed_at,
    expiration.row_key
from report.expirations as expiration
left join report.badges as badge on badge.badge_id = expiration.badge_id
where
    expiration.state = 'ACTIVE'
    and epoch_us(expiration.expires_at) > $as_of
    and epoch_us(expiration.expires_at) <= $until
    and ($badge is null or expiration.badge_id = $badge)
order by expiration.expires_at, expiration.badge_id, expiration.customer_id, expiration.processed_at, expiration.row_key
