"""Fills a DuckDB connection with report tables of the contract's columns: seeded, consistent, with hostile names."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from badgeledger.reports.context import ReportContext

AS_OF = datetime(2024, 9, 17, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> =HYPERLINK(\"x\") \x1b[31mred \u202egnp.exe & 'quotes'"

_TABLES = """
create schema if not exists report;

create or replace table report.limits as
select 'badge-' || b as badge_id, '2024-01-01T00:00:00.000000Z~0000000' || (b % 10) as version, l.limit_name,
       timestamptz '2024-01-01 00:00:00+00' as in_force_from, l.scope, l.number::bigint as number
from range(0, 6) t(b), (values
    ('CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY', 'CUSTOMER', 3), ('CUSTOMER:FIXED_VALUE', 'CUSTOMER', 12),
    ('BADGE:FIXED_WINDOW:DAYS:1', 'BADGE', greatest(2, getvariable('rows') // 1100)),
    ('CUSTOMER:ROLLING_WINDOW:DAYS:7', 'CUSTOMER', 4)
) l(limit_name, scope, number);

create or replace table report.issuances as
with raw as (
    select i, hash(i) as h, hash(i + 77777777) as g,
           timestamptz '2024-09-16 23:00:00+00' - to_microseconds((hash(i // 5) % 17280000000000)::bigint) as at_utc
    from range(0, getvariable('rows')) t(i)
)
select at_utc as processed_at, 'req-' || (i // 5) as request_id, (i % 5)::bigint as position,
       substr(md5(i::varchar), 1, 16) as row_key,
       printf('%08x', (epoch(at_utc))::bigint) || substr(md5('o' || i), 1, 16) as issuance_id,
       'badge-' || (least(h % 6, g % 6)) as badge_id,
       (620000 + floor(pow((g % 1000000) / 1e6, 3) * getvariable('rows') / 9)::bigint)::varchar as customer_id,
       'EARN' as kind, case when h % 50 = 0 then 'REJECTED' else 'ACCEPTED' end as outcome,
       case when h % 50 = 0 then '816' else '' end as code, h % 50 <> 0 as counted, at_utc as event_at,
       case when h % 3 = 0 then 'Loyalty' else 'Milestones' end as owner_type,
       null::timestamptz as reported_expires_at, null::timestamptz as revoked_at,
       'landing/2024/log-' || (i % 7) || '.jsonl' as source_file, (i // 7 + 1)::bigint as source_line
from raw;

create or replace table report.breaches as
with counted as (
    select *, date_trunc('week', processed_at) as week_start, date_trunc('day', processed_at) as day_start
    from report.issuances where counted
), judged as (
    select *, 'CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY' as limit_name, 'CUSTOMER' as scope, 3::bigint as number,
           row_number() over (partition by badge_id, customer_id, week_start
                              order by processed_at, request_id, position) as count,
           week_start as window_start, week_start + interval 7 day as window_end
    from counted
    union all
    select *, 'CUSTOMER:FIXED_VALUE', 'CUSTOMER', 12::bigint,
           row_number() over (partition by badge_id, customer_id order by processed_at, request_id, position),
           null::timestamptz, processed_at + to_microseconds(1)
    from counted
    union all
    select *, 'BADGE:FIXED_WINDOW:DAYS:1', 'BADGE', greatest(2, getvariable('rows') // 1100)::bigint,
           row_number() over (partition by badge_id, day_start order by processed_at, request_id, position),
           day_start, day_start + interval 1 day
    from counted
    union all
    select *, 'CUSTOMER:ROLLING_WINDOW:DAYS:7', 'CUSTOMER', 4::bigint,
           count(*) over (partition by badge_id, customer_id order by processed_at
                          range between interval '6 days 23:59:59.999999' preceding and current row),
           processed_at - interval '6 days 23:59:59.999999', processed_at + to_microseconds(1)
    from counted
)
select badge_id, limit_name, processed_at, row_key,
       row_key || '~' || case limit_name when 'CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY' then 'CFWMON'
           when 'CUSTOMER:FIXED_VALUE' then 'CV' when 'BADGE:FIXED_WINDOW:DAYS:1' then 'BFD1' else 'CRD7' end
           as breach_id,
       case badge_id when 'badge-1' then getvariable('hostile') else 'Gold tier ' || badge_id end as badge_name,
       scope, customer_id, number, count, count - number as excess, window_start, window_end, event_at, issuance_id,
       request_id, owner_type, '2024-01-01T00:00:00.000000Z~00000000' as version, source_file, source_line
from judged where count > number;

create or replace table report.badges as
select b as badge_id, case b when 'badge-1' then getvariable('hostile') else 'Gold tier ' || b end as name,
       '100' as org_id, 'EARN' as earn_type, true as active, timestamptz '2024-01-01 00:00:00+00' as starts_at,
       timestamptz '2025-01-01 00:00:00+00' as expires_at, 'LIVE' as status, 1::bigint as versions,
       (select count(*) from report.issuances i where i.badge_id = b) as issuances,
       (select count(*) from report.issuances i where i.badge_id = b and counted) as counted,
       (select count(*) from report.breaches r where r.badge_id = b) as breaches, 0::bigint as findings
from (select 'badge-' || x as b from range(0, 6) t(x));

create or replace table report.cycles as
select 'badge-' || b as badge_id, 'CUSTOMER' as scope, (c + 1)::bigint as cycle_no,
       'CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY' as limit_name,
       (date '2024-01-01' + 7 * c::int)::date as first_day, (date '2024-01-07' + 7 * c::int)::date as last_day,
       (date '2024-01-01' + 7 * c::int)::timestamptz as starts_at,
       (date '2024-01-08' + 7 * c::int)::timestamptz as ends_at
from range(0, 6) t(b), range(0, 39) u(c);

create or replace table report.cycle_counts as
select c.badge_id, c.scope, c.cycle_no, i.customer_id, c.limit_name, c.first_day, c.last_day, c.starts_at, c.ends_at,
       count(*) as count, 3::bigint as number, 3 - count(*) as headroom, count(*) > 3 as breached
from report.cycles c join report.issuances i
  on i.badge_id = c.badge_id and i.event_at >= c.starts_at and i.event_at < c.ends_at and i.counted
group by all;

create or replace table report.usage as
select badge_id, 'CUSTOMER:FIXED_VALUE' as limit_name, customer_id, 'CUSTOMER' as scope, count(*) as count,
       12::bigint as number, 12 - count(*) as headroom, count(*) as peak_count, max(processed_at) as peak_at
from report.issuances where counted group by badge_id, customer_id
union all
select badge_id, 'BADGE:FIXED_WINDOW:DAYS:1', '', 'BADGE', count(*), greatest(2, getvariable('rows') // 1100),
       greatest(2, getvariable('rows') // 1100) - count(*), 60, max(processed_at)
from report.issuances where counted and processed_at >= timestamptz '2024-09-16 00:00:00+00' group by badge_id;

create or replace table report.expirations as
select processed_at, row_key, issuance_id, badge_id, customer_id, kind, event_at, 'RELATIVE:DAYS:60' as rule,
       processed_at + interval 60 day as expires_at,
       case when processed_at + interval 60 day <= timestamptz '2024-09-17 00:00:00+00' then 'EXPIRED'
            else 'ACTIVE' end as state, reported_expires_at, revoked_at
from report.issuances where outcome = 'ACCEPTED';

create or replace macro numbered(row_key) as ('0x' || left(row_key, 15))::bigint;
create or replace macro badge_no(badge_id) as right(badge_id, 1)::bigint;
create or replace view report.numbered_badges as select badge_no(badge_id) as badge_no, badge_id from report.badges;
create or replace view report.numbered_issuances as select numbered(row_key) as row_no, * from report.issuances;
create or replace view report.numbered_expirations as select numbered(row_key) as row_no, * from report.expirations;
create or replace view report.numbered_breaches as select numbered(row_key) as row_no, * from report.breaches;
create or replace view report.issuance_places as
select row_no, badge_no(badge_id) as badge_no, epoch_us(processed_at) as processed_at, epoch_us(event_at) as event_at,
       epoch_us(revoked_at) as revoked_at, outcome as answered
from report.numbered_issuances;
create or replace view report.expiry_places as
select row_no, badge_no(badge_id) as badge_no, epoch_us(expires_at) as expires_at,
       case when state <> 'REVOKED' then epoch_us(expires_at) end as lapses_at
from report.numbered_expirations;

create or replace table report.findings as
with raised as (
    select * replace (case hash(row_key) % 3 when 0 then 'owner-not-allowed' when 1 then 'outside-badge-period'
                      else 'issue-of-direct-badge' end as code)
    from report.issuances where hash(row_key) % 997 < 40 and counted
)
select code, badge_id, processed_at, row_key, row_key || '~' || code as finding_id,
       case code when 'owner-not-allowed' then '714' when 'outside-badge-period' then '816' else '801' end
           as platform_code,
       case code when 'owner-not-allowed' then 'warning' when 'outside-badge-period' then 'error' else 'notice' end
           as severity,
       customer_id, issuance_id, request_id, 'event at 2024-01-01, owner ' || getvariable('hostile') as detail,
       source_file, source_line
from raised
union all
select 'timestamp-unit-repaired', '', null, 'ffffffffffffffff', 'ffffffffffffffff~timestamp-unit-repaired', '', 'error',
       '', '', '', 'issueEventDate: 12 values', 'landing/2024/log-1.jsonl', 1;

create or replace table report.changes as
select 'breach' as kind, breach_id as flag_id,
       ['new', 'still-open', 'newly-judged', 'reopened'][(1 + hash(row_key) % 4)::bigint] as state,
       case when hash(row_key) % 4 <> 1 then 'late-data' end as cause,
       case when hash(row_key) % 4 <> 1 then source_file end as cause_file,
       case when hash(row_key) % 4 <> 1 then source_line end as cause_line,
       true as comparable, hash(row_key) % 50 = 0 as waived, timestamptz '2024-09-16 00:00:00+00' as first_seen,
       null::timestamptz as gone_at, badge_id, limit_name, null::varchar as code, scope, null::bigint as cycle_no,
       customer_id, processed_at, row_key, number, null::bigint as count_before, count, source_file, source_line
from report.breaches
union all
select 'finding', finding_id, 'still-open', null, null, null, true, false, timestamptz '2024-09-10 00:00:00+00', null,
       badge_id, null, code, null, null, customer_id, processed_at, row_key, null, null, null, source_file, source_line
from report.findings
union all
select 'breach', 'gone' || b || '~CV', ['gone', 'gone-before', 'not-judged'][(1 + b)::bigint], 'answer',
       getvariable('hostile'), 7, false, false, timestamptz '2024-09-10 00:00:00+00', null, 'badge-1',
       'CUSTOMER:FIXED_VALUE', null, 'CUSTOMER', null, getvariable('hostile'),
       timestamptz '2024-09-10 00:00:00+00', 'gone' || b, 12, 13, null,
       getvariable('hostile'), 7
from range(0, 3) t(b)
union all
select 'cycle', 'cycle' || b, 'count-changed', 'late-data', 'landing/2024/log-1.jsonl', 3, true, false, null, null,
       'badge-2', 'CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY', null, 'CUSTOMER', b, 'c' || b, null, null, 3, 2, 3, null, null
from range(0, 3) t(b);

create or replace table report.comparison as
select * from (values
    ('since', 'as_of', '2024-09-16T00:00:00.000000Z', '2024-09-17T00:00:00.000000Z'),
    ('setting', 'zone', 'UTC', 'Asia/Kolkata'), ('software', 'badgeledger', '0.0.9', '0.1.0'),
    ('waiver', 'flag ' || getvariable('hostile'), 'unmatched', 'agreed (the sponsor, until 2025-01-01)')
) t(fact, name, earlier, now);

create or replace table report.quarantine as
select 'landing/2024/log-0.jsonl' as source_file, (x + 1)::bigint as source_line,
       case when x % 3 = 0 then 'not-json' else 'unknown-shape' end as reason,
       '{"id": ' || getvariable('hostile') || x as raw
from range(0, 40) t(x);

create or replace table report.daily as
with breach_days as (
    select badge_id, (processed_at at time zone 'Asia/Kolkata')::date as day, count(*) as breaches
    from report.breaches group by all
), issuance_days as (
    select *, (processed_at at time zone 'Asia/Kolkata')::date as day from report.issuances
)
select i.badge_id, i.day, count(distinct i.request_id) as requests,
       count(*) filter (i.outcome = 'ACCEPTED') as accepted, 0::bigint as assumed,
       count(*) filter (i.outcome = 'REJECTED') as rejected, 0::bigint as repeated,
       count(*) filter (i.counted) as counted, coalesce(max(b.breaches), 0) as breaches, 0::bigint as expired
from issuance_days i left join breach_days b on b.badge_id = i.badge_id and b.day = i.day
group by i.badge_id, i.day;

create or replace table report.input_file as
select 'landing/2024/log-' || x || '.jsonl' as path, sha256(x::varchar) as sha256,
       (getvariable('rows') // 5 + 9)::bigint as lines, (getvariable('rows') // 5)::bigint as accepted,
       9::bigint as duplicate, 0::bigint as quarantined
from range(1, 7) t(x)
union all
select 'landing/2024/log-0.jsonl', sha256('0'), 140, 95, 5, 40;

create or replace temp table replayed as
select row_key, case when h % 3 = 0 then 'ADMIT' else 'REJECT' end as decision,
       case when h % 3 = 0 then '' else 'customer-limit' end as reason,
       case when h % 3 = 0 then '' else 'CUSTOMER:FIXED_VALUE' end as limit_name,
       case when h % 3 = 0 then 'same' else 'newly-rejected' end as compared
from (select distinct row_key, hash(row_key) as h from report.breaches where badge_id <> 'badge-5');

create schema if not exists raw;
create or replace table raw.file as
select sha256, 300 * lines as bytes, lines, null::varchar as zone from report.input_file;
"""


def fill(con: duckdb.DuckDBPyConnection, rows: int) -> None:
    """Create the report tables from `rows` issuances."""
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set variable rows = {rows}")
    con.execute("set variable hostile = $1", [HOSTILE])
    con.execute(_TABLES)


def empty(con: duckdb.DuckDBPyConnection) -> None:
    """Create the report tables without a row."""
    fill(con, 0)
    for (table,) in con.execute("select table_name from duckdb_tables() where schema_name = 'report'").fetchall():
        con.execute(f"delete from report.{table}")


def context(zone: str = "Asia/Kolkata", **changes: object) -> ReportContext:
    """Return the context of a report of these tables."""
    values: dict[str, object] = {
        "name": "nightly",
        "as_of": AS_OF,
        "known_at": tuple((f"landing/2024/log-{i}.jsonl", f"{i:064x}") for i in range(7)),
        "zone": zone,
        "rules": {"zone": zone, "rolling_clock": "processed", "rolling_edge": "instant", "month": "calendar"},
        "versions": {"badgeledger": "0.1.0", "duckdb": "2.0.0", "polars": "2.1.0", "tzdata": "2026.6"},
    }
    return ReportContext(**{**values, **changes})  # type: ignore[arg-type]
