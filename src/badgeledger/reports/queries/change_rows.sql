-- One row per flag in one state, the newest; age in whole days since it was first seen.
select
    kind,
    flag_id,
    cause,
    cause_file,
    cause_line,
    comparable,
    waived,
    epoch_us(first_seen) as first_seen,
    ($as_of_us - epoch_us(first_seen)) // 86400000000 as age_days,
    badge_id,
    limit_name,
    code,
    cycle_no,
    customer_id,
    epoch_us(processed_at) as processed_at,
    count_before,
    count
from report.changes
where state = $state
order by processed_at desc nulls last, kind, flag_id
limit $many
