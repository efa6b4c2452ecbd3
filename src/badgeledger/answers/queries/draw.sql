-- One row per issuance that is drawn: of each stratum those with the smallest SHA-256 of `seed/row_key`.
with asked as (
    select
        unnest($badges::varchar[]) as badge_id, unnest($outcomes::varchar[]) as outcome,
        unnest($drawn::bigint[]) as drawn
), placed as (
    select
        issuance.*, asked.drawn,
        row_number() over (
            partition by issuance.badge_id, issuance.outcome
            order by sha256($seed || '/' || issuance.row_key), issuance.row_key
        ) as place
    from report.issuances as issuance
    join asked on asked.badge_id = issuance.badge_id and asked.outcome = issuance.outcome
    where asked.drawn > 0
)
select
    placed.* exclude (drawn, place), expiration.rule as expiry_rule, expiration.expires_at,
    expiration.state as expiry_state
from placed
left join report.expirations as expiration on expiration.row_key = placed.row_key
where placed.place <= placed.drawn
order by placed.badge_id, placed.outcome, placed.place
