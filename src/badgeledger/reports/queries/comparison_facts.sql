-- One row per fact about the comparison with the report before.
select fact, name, earlier, now
from report.comparison
order by fact, name, earlier, now
