"""From staging to ledger, flags and report views, all of it or what is touched since it stood for an earlier night.

What a night touches is found first: badges, and the earliest row of each that may be judged otherwise
(`staging.touched`). Rows before it keep what was said of them; what is counted of a whole badge is counted anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np

from . import due
from .calendar import Zone, zone
from .changes import VIEWS
from .definitions import ExpiryRule, Limit
from .faults import Point, reached
from .reports.tables import NUMBERED
from .settings import Rules
from .warehouse import (
    BADGE_BITS,
    build,
    build_view,
    first_row,
    from_place,
    has_table,
    relations,
    renew,
    renew_from,
    statement,
)

# In order of dependence.
_FLAGS = ("breach", "badge_day", "accepted_call", "duplicate_request", "version_row", "wrong_rejection")
# What counting finds of rows, and of all of a badge.
_JUDGED = ("over_limit", "outside_cycle", "straddle")
_COUNTED = ("cycle_count", "limit_use")
# Tables that are made anew for all of a badge; those of rows are so from its earliest touched row on.
_OF_BADGES = {*_COUNTED, "last_event", "badge_day"}

Arrays = Mapping[str, Any]


def derive(
    con: duckdb.DuckDBPyConnection, rules: Rules, as_of_us: int, *, no_input: bool = False, full: bool = False
) -> bool:
    """Ledger, flags and report views from fresh staging; True when every badge was counted anew."""
    from . import counting

    zone_ = zone(rules.zone)
    for name, value in rules.model_dump().items():
        con.execute(f"SET VARIABLE {name} = $1", [value])
    con.execute(f"SET VARIABLE as_of = {as_of_us:d}")
    con.execute(f"SET VARIABLE no_input = {no_input}")
    full = _touch(con, rules, as_of_us, full=full)
    _renew(con, "ledger", "revoked_row", full)
    for relation in ("last_version", "slot", "badge_code"):
        build(con, "ledger", relation)
    build_view(con, "ledger", "entry")
    _take_out(con, "known_entry", full)
    _renew(con, "ledger", "last_event", full)
    build(con, "ledger", "customer_code")
    counting_rules = counting.CountingRules(
        zone=zone_,
        event_clock=rules.rolling_clock == "event",
        local_day=rules.rolling_edge == "local-day",
        month=rules.month,
        as_of=as_of_us,
    )
    found = _count(con, counting_rules, full)
    _make_from(con, "cycle", "kernel_cycle", found["cycle"], full)
    _judge(con, found, full)
    for relation in _COUNTED:
        _make_from(con, relation, f"kernel_{relation}", found[relation], full)
    _make_from(con, "printed_cycle", "kernel_printed_cycle", [_printed_cycles(con, counting_rules)], True)
    reached(Point.COUNTED)
    _make_from(con, "zone_day", "kernel_zone_day", [_zone_days(con, zone_)], True)
    _take_touched(con, full)
    _expire(con, zone_, full)
    for relation in _FLAGS:
        _renew(con, "flags", relation, full)
    _put_back(con, "known_entry")
    _find(con, full)
    reached(Point.FLAGGED)
    # What compares two nights is made by `changes`, which knows the other one.
    # The tables stand on their rows with numbers.
    for relation in sorted(relations("5_reports"), key=lambda relation: not relation.startswith(NUMBERED)):
        if relation not in VIEWS:
            build_view(con, "report", relation)
    return full


def _touch(con: duckdb.DuckDBPyConnection, rules: Rules, as_of_us: int, *, full: bool) -> bool:
    """Write down the settings of this ledger and, in `staging.touched`, the badges it lacks and from which row on; True
    when it lacks all."""
    before = first_row(con, "FROM ledger.setting") if has_table(con, "ledger", "setting") else None
    build(con, "ledger", "setting")
    now = first_row(con, "FROM ledger.setting")
    # The first column is as-of, which may go on; a setting that changed may change every row.
    full = full or due.whole(con) or before is None or before[1:] != now[1:] or before[0] > as_of_us
    if full or before is None:
        con.execute(
            "CREATE OR REPLACE TABLE staging.touched AS"
            f" SELECT badge_id, badge_no, badge_no << {BADGE_BITS} AS from_no FROM staging.badge_number"
        )
    else:
        con.execute(f"SET VARIABLE accounted_as_of = {before[0]:d}")
        build(con, "staging", "touched")
    return full


def _judge(con: duckdb.DuckDBPyConnection, found: Mapping[str, list[Arrays]], full: bool) -> None:
    """What counting says of rows; where it says something else of an earlier row than before, that row is touched."""
    if full:
        for relation in _JUDGED:
            _make_from(con, relation, f"kernel_{relation}", found[relation], True)
        return
    for relation in _JUDGED:
        with _arrays(con, f"kernel_{relation}", found[relation]):
            con.execute(f"CREATE OR REPLACE TEMP TABLE judged_{relation} AS {statement('3_ledger', relation)}")
    build(con, "staging", "judged_from", temporary=True)
    con.execute("CREATE OR REPLACE TABLE staging.touched AS FROM temp.judged_from")
    for relation in _JUDGED:
        renew_from(con, "ledger", relation, f"FROM temp.judged_{relation}", from_place(con, "row_no", "touched"))
        con.execute(f"DROP TABLE temp.judged_{relation}")


def _take_touched(con: duckdb.DuckDBPyConnection, full: bool) -> None:
    """The rows that are accounted for anew."""
    lowest = first_row(con, f"SELECT coalesce(min(from_no), {2**63 - 1}) FROM staging.touched")[0]
    con.execute(f"SET VARIABLE touched_from = {lowest:d}")
    _take_out(con, "touched_entry", full)


def _take_out(con: duckdb.DuckDBPyConnection, relation: str, full: bool) -> None:
    """Take rows out that are read again and again; when that is all, they stay where they are."""
    _put_back(con, relation)
    if full:
        con.execute(f"CREATE TEMP VIEW {relation} AS FROM ledger.entry")
    else:
        build(con, "ledger", relation, temporary=True)


def _put_back(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"DROP {'TABLE' if has_table(con, 'temp', relation) else 'VIEW'} IF EXISTS temp.{relation}")


def _find(con: duckdb.DuckDBPyConnection, full: bool) -> None:
    """Findings about issuances from the touched ones on, and all others."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW row_finding AS {statement('4_flags', 'row_finding')}")
    build(con, "flags", "issuance_finding", temporary=True)
    for relation in ("definition_finding", "dump_finding", "feed_finding"):
        build(con, "flags", relation)
    if full:
        build(con, "flags", "finding")
    else:
        renew(con, "flags", "finding", f"row_no IS NULL OR ({from_place(con, 'row_no', 'touched')})")
    con.execute("DROP VIEW temp.row_finding")
    con.execute("DROP TABLE temp.issuance_finding")


def _renew(con: duckdb.DuckDBPyConnection, schema: str, relation: str, full: bool) -> None:
    """Make a table anew, or that part of it that is of touched badges, or rows."""
    if full:
        build(con, schema, relation)
    elif relation == "cycle":
        renew(con, schema, relation, "badge_id IN (FROM temp.moving_badge)")
    elif relation in _OF_BADGES:
        renew(con, schema, relation, "badge_id IN (SELECT badge_id FROM staging.touched)")
    else:
        number = "call_no" if relation == "accepted_call" else "row_no"
        renew(con, schema, relation, from_place(con, number, "touched"))


def _make_from(con: duckdb.DuckDBPyConnection, relation: str, name: str, blocks: Iterable[Arrays], full: bool) -> None:
    """Make a ledger table, or its part that is touched, from blocks of arrays that its file calls `name`."""
    with _arrays(con, name, blocks):
        _renew(con, "ledger", relation, full)


@contextmanager
def _arrays(con: duckdb.DuckDBPyConnection, name: str, blocks: Iterable[Arrays]) -> Iterator[None]:
    """Blocks of arrays as one view, while the block lasts."""
    parts = []
    for number, arrays in enumerate(blocks):
        con.register(f"{name}_{number}", dict(arrays))
        parts.append(f"FROM {name}_{number}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {' UNION ALL '.join(parts)}")
    try:
        yield
    finally:
        con.execute(f"DROP VIEW temp.{name}")
        for number in range(len(parts)):
            con.unregister(f"{name}_{number}")


def _count(con: duckdb.DuckDBPyConnection, rules: Any, full: bool) -> dict[str, Any]:
    from . import counting

    badges = dict(con.execute("SELECT badge_id, badge_no FROM ledger.badge_code ORDER BY badge_no").fetchall())
    slots: dict[str, dict[str, int]] = {badge: {} for badge in badges}
    for badge, name, slot_no in con.execute("SELECT badge_id, limit_name, slot_no FROM ledger.slot").fetchall():
        slots[badge][name] = slot_no
    last_events = dict(con.execute("FROM ledger.last_event").fetchall())
    plans = [
        counting.plan_badge(badges[badge], recorded, slots[badge], rules, last_events.get(badge, rules.as_of))
        for badge, recorded in versions(con, None if full else _moving(con)).items()
    ]
    arrays = con.execute(
        """
        SELECT
            entry.row_no,
            badge_code.badge_no::INTEGER AS badge,
            customer_code.customer_no::INTEGER AS customer,
            entry.version_no::INTEGER AS version,
            entry.processed_at AS processed,
            entry.event_at AS event
        FROM temp.known_entry AS entry
        INNER JOIN ledger.badge_code AS badge_code USING (badge_id)
        INNER JOIN ledger.customer_code AS customer_code USING (customer_id)
        WHERE entry.counted
        ORDER BY entry.row_no
        """
    ).fetchnumpy()
    return counting.count_badges(counting.Rows(**arrays), plans, rules)


def _moving(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The badges that are touched, and those whose cycles may go on since the last as-of: of all others the last cycle
    had ended by then, and none came after it."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE moving_badge AS SELECT badge_id FROM staging.touched UNION SELECT badge_id"
        " FROM ledger.cycle GROUP BY badge_id HAVING max(ends_at) > getvariable('accounted_as_of')"
    )
    return [badge for (badge,) in con.execute("FROM temp.moving_badge").fetchall()]


def versions(con: duckdb.DuckDBPyConnection, badges: Sequence[str] | None = None) -> dict[str, list[Any]]:
    """Versions of each badge, or of some, in the order in which they came into force, with the limits that rule."""
    from .counting import BadgeVersion

    chosen, values = ("true", []) if badges is None else ("badge_id = ANY($1)", [list(badges)])
    limits: dict[tuple[str, int], dict[str, Limit]] = {}
    for badge, version_no, name, *fields in con.execute(
        "SELECT badge_id, version_no, limit_name, scope, kind, unit, length, start_day, number "
        f"FROM staging.version_limit WHERE rules AND {chosen} ORDER BY ALL",
        values,
    ).fetchall():
        names = ("scope", "kind", "unit", "length", "start_day", "number")
        limits.setdefault((badge, version_no), {})[name] = Limit(**dict(zip(names, fields, strict=True)))
    found: dict[str, list[Any]] = {}
    for badge, version_no, in_force_from, starts_at, expires_at, issued_rule in con.execute(
        "SELECT badge_id, version_no, in_force_from, starts_at, expires_at, issued_rule FROM staging.version "
        f"WHERE {chosen} ORDER BY badge_id, version_no",
        values,
    ).fetchall():
        rule = ExpiryRule(**issued_rule) if issued_rule and issued_rule["kind"] else None
        found.setdefault(badge, []).append(
            BadgeVersion(in_force_from, starts_at, expires_at, rule, limits.get((badge, version_no), {}))
        )
    return found


def _printed_cycles(con: duckdb.DuckDBPyConnection, rules: Any) -> Arrays:
    """The computed cycles beside those that dumps up to as-of print of badges with a definition."""
    from . import dumped_cycles

    printed = con.execute(
        """
        SELECT
            platform_cycle.printed_no, platform_cycle.badge_id, platform_cycle.scope,
            coalesce(platform_cycle.logged_at, setting.as_of), platform_cycle.starts_on, platform_cycle.ends_on
        FROM staging.platform_cycle AS platform_cycle
        INNER JOIN ledger.setting AS setting ON coalesce(platform_cycle.logged_at, setting.as_of) <= setting.as_of
        SEMI JOIN ledger.badge_code AS badge_code ON platform_cycle.badge_id = badge_code.badge_id
        ORDER BY platform_cycle.printed_no
        """
    ).fetchall()
    return dumped_cycles.computed(
        [dumped_cycles.Printed(*row) for row in printed], versions(con) if printed else {}, rules
    )


def _expire(con: duckdb.DuckDBPyConnection, zone_: Zone, full: bool) -> None:
    """Expiries of all rows, and the overlaps of issues that follow from them."""
    from . import civil, overlaps

    build(con, "ledger", "expiry_rule")
    build(con, "ledger", "month_base")
    arrays = con.execute("SELECT base, months FROM ledger.month_base").fetchnumpy()
    base, months = (np.ascontiguousarray(arrays[name], dtype=np.int64) for name in ("base", "months"))
    expires_at = civil.months_after(base, months, zone_.changes_at, zone_.offsets, zone_.wall_changes)
    _make_from(con, "expiry", "kernel_month_expiry", [{"base": base, "months": months, "expires_at": expires_at}], full)
    build(con, "ledger", "issue_validity")
    issues = con.execute(
        """
        SELECT
            row_no, starts_at, ends_at, processed_at, revoked_at, accepted, known,
            dense_rank() OVER (ORDER BY badge_id, customer_id) AS subject
        FROM ledger.issue_validity
        QUALIFY count(*) OVER (PARTITION BY badge_id, customer_id) > 1
        ORDER BY subject, row_no
        """
    ).fetchnumpy()
    starts = np.flatnonzero(np.diff(issues["subject"], prepend=-1))
    bounds = np.append(starts, len(issues["subject"])).astype(np.int64)
    for relation, holds, asks in (
        ("overlap", issues["accepted"], issues["accepted"]),
        ("known_overlap", issues["known"], ~issues["accepted"]),
    ):
        met = overlaps.earlier_overlaps(
            bounds, issues["starts_at"], issues["ends_at"], holds, issues["processed_at"], issues["revoked_at"]
        )
        flagged = np.flatnonzero((met != overlaps.NONE) & asks)
        table = {"row_no": issues["row_no"][flagged], "earlier_row_no": issues["row_no"][met[flagged]]}
        _make_from(con, relation, f"kernel_{relation}", [table], full)


def _zone_days(con: duckdb.DuckDBPyConnection, zone_: Zone) -> Arrays:
    dated = "SELECT processed_at FROM staging.answered_row WHERE processed_at <= getvariable('as_of')"
    row = first_row(con, f"SELECT min(processed_at), max(processed_at) FROM ({dated})")
    if row[0] is None:
        return dict.fromkeys(("day", "starts_at", "ends_at"), np.empty(0, np.int64))
    days = np.arange(zone_.day_of(row[0]), zone_.day_of(row[1]) + 1, dtype=np.int64)
    return {"day": days, "starts_at": zone_.day_starts(days), "ends_at": zone_.day_starts(days + 1)}
