-- One row: how many customers gain and how many lose.
select
    count(distinct customer_id) filter (gained > 0) as gaining,
    count(distinct customer_id) filter (lost > 0) as losing
from gains
