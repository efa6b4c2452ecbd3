-- One row per entry of the other rules: how many badges it chooses, some of their names, what they gain and lose.
select
    entry,
    count(*)::bigint as badges,
    sum(gained)::bigint as gained,
    sum(lost)::bigint as lost,
    list_sort(list(coalesce(nullif(badge_name, ''), badge_id)))[:$many] as names
from chosen
group by entry
