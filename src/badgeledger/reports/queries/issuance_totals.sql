-- One row: all issuances known to the report, by outcome.
select
    count(*) as issuances,
    count(*) filter (where counted) as counted,
    count(*) filter (where outcome = 'ACCEPTED') as accepted,
    count(*) filter (where outcome = 'ASSUMED') as assumed,
    count(*) filter (where outcome = 'REJECTED') as rejected,
    count(*) filter (where outcome = 'REPEAT') as repeated,
    epoch_us(max(processed_at)) as newest_us
from report.issuances
