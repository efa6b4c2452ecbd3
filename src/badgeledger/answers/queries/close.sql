-- One row per limit and subject that has used a share of its number: the least headroom first.
select
    used.badge_id, coalesce(badge.name, '') as badge_name, used.limit_name, used.scope, used.customer_id,
    used.count, used.number, used.headroom, used.peak_count, used.peak_at
from report.usage as used
left join report.badges as badge on badge.badge_id = used.badge_id
where
    100 * used.count >= $percent * used.number
    and ($badge is null or used.badge_id = $badge)
    and ($limit is null or used.limit_name = $limit)
    and ($customer is null or used.customer_id = $customer)
order by
    min(used.headroom) over (partition by used.badge_id, used.limit_name),
    used.badge_id, used.limit_name, used.headroom, used.customer_id
