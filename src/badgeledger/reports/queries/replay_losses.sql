-- One row per customer, those with the largest loss first.
select
    customer_id,
    sum(gained)::bigint as gained,
    sum(lost)::bigint as lost,
    count(*) as badges
from gains
group by customer_id
having sum(lost) > 0
order by sum(lost) desc, sum(gained), customer_id
limit $many
