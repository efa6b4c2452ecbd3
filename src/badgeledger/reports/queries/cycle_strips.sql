-- One row per recent cycle of the badges with the most counted issuances, and the cycle after as-of.
with busiest as (
    select badge_id
    from report.badges
    where badge_id in (select badge_id from report.cycles)
    order by breaches desc, counted desc, badge_id
    limit $many
), last_counted as (
    select badge_id, scope, max(cycle_no) as cycle_no
    from report.cycle_counts
    where badge_id in (select badge_id from busiest)
    group by badge_id, scope
), timeline as (
    select badge_id, scope, max(cycle_no) as cycle_no, max(epoch_us(ends_at)) <= $as_of_us as ended
    from report.cycles
    where badge_id in (select badge_id from busiest)
    group by badge_id, scope
), recent as (
    select c.*
    from report.cycles c
    join timeline t on t.badge_id = c.badge_id and t.scope = c.scope
    left join last_counted l on l.badge_id = c.badge_id and l.scope = c.scope
    -- Of a timeline that has ended the cycles after its last count are empty, so that the strip ends with that count.
    where c.cycle_no <= case when t.ended then coalesce(l.cycle_no, t.cycle_no) else t.cycle_no end
    qualify row_number() over (partition by c.badge_id, c.scope order by c.cycle_no desc) <= $cycles
), counted as (
    select
        n.badge_id, n.scope, n.cycle_no,
        sum(n.count)::bigint as count,
        count(*) as subjects,
        count(*) filter (where n.breached) as beyond,
        count(*) filter (where n.headroom = 0) as full_now,
        count(*) filter (where n.number is null) as unjudged
    from report.cycle_counts n
    join recent r on r.badge_id = n.badge_id and r.scope = n.scope and r.cycle_no = n.cycle_no
    group by n.badge_id, n.scope, n.cycle_no
)
select
    r.badge_id, b.name as badge_name, r.scope, r.cycle_no, r.limit_name,
    r.first_day::varchar as first_day, r.last_day::varchar as last_day,
    epoch_us(r.starts_at) > $as_of_us as ahead,
    epoch_us(r.starts_at) <= $as_of_us and epoch_us(r.ends_at) > $as_of_us as running,
    coalesce(n.count, 0) as count, coalesce(n.subjects, 0) as subjects, coalesce(n.beyond, 0) as beyond,
    coalesce(n.full_now, 0) as full_now, coalesce(n.unjudged, 0) as unjudged
from recent r
join report.badges b on b.badge_id = r.badge_id
left join counted n on n.badge_id = r.badge_id and n.scope = r.scope and n.cycle_no = r.cycle_no
order by b.breaches desc, b.counted desc, r.badge_id, r.scope, r.cycle_no
