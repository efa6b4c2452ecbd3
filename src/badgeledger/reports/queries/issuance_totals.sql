-- One row: all issuances known to the report, by outcome.
select
    coalesce(sum(accepted + assumed + rejected + repeated), 0)::bigint as issuances,
    coalesce(sum(counted), 0)::bigint as counted,
    coalesce(sum(accepted), 0)::bigint as accepted,
    coalesce(sum(assumed), 0)::bigint as assumed,
    coalesce(sum(rejected), 0)::bigint as rejected,
    coalesce(sum(repeated), 0)::bigint as repeated,
    (select max(processed_at) from report.issuance_places) as newest_us
from report.daily
