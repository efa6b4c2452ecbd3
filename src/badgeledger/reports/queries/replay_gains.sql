-- One row per customer, those with the largest gain first.
select
    customer_id,
    sum(gained)::bigint as gained,
    sum(lost)::bigint as lost,
    count(*) as badges
from gains
group by customer_id
having sum(gained) > 0
order by sum(gained) desc, sum(lost), customer_id
limit $many
