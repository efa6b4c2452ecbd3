-- One row per badge with an accepted issuance: what expired and what will, in days of 24 hours around as-of.
with accepted as (
    select badge_id, sum(accepted + assumed)::bigint as issuances
    from report.daily
    group by badge_id
    having issuances > 0
), lapsing as (
    select
        badge_no,
        count(*) filter (where lapses_at <= $as_of_us) as expired,
        count(*) filter (where lapses_at > $as_of_us) as ahead,
        count(*) filter (where lapses_at <= $as_of_us and lapses_at > $as_of_us - 90 * 86400000000) as past_90,
        count(*) filter (where lapses_at <= $as_of_us and lapses_at > $as_of_us - 30 * 86400000000) as past_30,
        count(*) filter (where lapses_at > $as_of_us and lapses_at <= $as_of_us + 30 * 86400000000) as next_30,
        count(*) filter (where lapses_at > $as_of_us and lapses_at <= $as_of_us + 60 * 86400000000) as next_60,
        count(*) filter (where lapses_at > $as_of_us and lapses_at <= $as_of_us + 90 * 86400000000) as next_90
    from report.expiry_places
    where lapses_at is not null
    group by badge_no
), withdrawn as (
    select revoked.badge_no, count(*) as revoked
    from report.issuance_places revoked
    left join report.expiry_places expiry on expiry.row_no = revoked.row_no
    where revoked.revoked_at < coalesce(expiry.expires_at, 9223372036854775807)
    group by revoked.badge_no
)
select
    a.badge_id,
    coalesce(b.name, '') as badge_name,
    a.issuances - coalesce(l.expired, 0) - coalesce(w.revoked, 0) as active,
    a.issuances - coalesce(l.expired, 0) - coalesce(w.revoked, 0) - coalesce(l.ahead, 0) as without_end,
    coalesce(l.expired, 0) as expired,
    coalesce(w.revoked, 0) as revoked,
    coalesce(l.past_90, 0) as past_90,
    coalesce(l.past_30, 0) as past_30,
    coalesce(l.next_30, 0) as next_30,
    coalesce(l.next_60, 0) as next_60,
    coalesce(l.next_90, 0) as next_90
from accepted a
left join report.numbered_badges n on n.badge_id = a.badge_id
left join lapsing l on l.badge_no = n.badge_no
left join withdrawn w on w.badge_no = n.badge_no
left join report.badges b on b.badge_id = a.badge_id
order by next_30 desc, next_90 desc, active desc, a.badge_id
