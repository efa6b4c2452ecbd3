"""The limit advisor: how many issuances would be over a limit for every number that it could have.

Every counted issuance has one count in a window (RULEBOOK 6 and 7), whatever the number; so the issuances over a number
are those with a larger count, and one pass answers for all numbers. For a limit that had one number the answer at that
number is the audit's breaches. A window that no version has is counted as if every version had it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import counting, deriving
from ..calendar import iso_instant, microseconds_of
from ..definitions import Limit
from ..errors import UsageError
from ..overrides import limit_of
from ..text import counted, number
from .ledger import Ledger
from .quick import named
from .shown import BAD, CLOSE, PART, QUIET, STRONG, Answer, Bar, Column, Row, styled, tally

if TYPE_CHECKING:
    from rich.text import Text

_CHART_WIDTH = 30
_BRIEF_STEPS = (1, 2, 3, 5, 7)
_BRIEF_ALL = 25
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Counts:
    """Of each judged issuance its count in the window and its customer."""

    counts: Ints
    customers: Ints


def advise(ledger: Ledger, badge: str, *, limit: str | None = None, window: str | None = None) -> Answer:
    """The breach curve of a limit of a badge, of a window that is thought of, or of every limit in force.

    Raises UsageError for a limit that no version of the badge carries, and for a window that is none.
    """
    badge_id, name = ledger.badge(badge)
    versions = deriving.versions(ledger.con, [badge_id]).get(badge_id, [])
    asked = _asked(ledger, badge_id, versions, limit, window)
    found = _count(ledger, badge_id, versions, asked)
    rows: list[Row] = []
    heads: dict[str, str] = {}
    totals = []
    for one in asked:
        recorded = ledger.ask("numbers_of_limit", badge=badge_id, limit=one.name)
        breaches = ledger.ask("breaches_of_limit", badge=badge_id, limit=one.name)[0]["breaches"]
        curve = _curve(one.name, found[one.name], recorded)
        rows += curve
        total = _total(one.name, found[one.name], recorded, breaches if recorded else None)
        totals.append(total)
        heads[one.name] = _head(total)
    return Answer(
        title=f"What other numbers would do to {named(badge_id, name)}",
        columns=_COLUMNS,
        rows=rows,
        facts=ledger.facts | {"badge_id": badge_id, "badge_name": name, "limits": totals},
        about=ledger.about,
        section=lambda row: heads[row["limit_name"]],
        brief=lambda row: bool(row["brief"]),
        nothing="no limit is in force, or nothing was counted under one: name a window with --window",
        notes=("last: issuances that took exactly the last place; full: customers whose highest count is the number.",),
    )


def _asked(
    ledger: Ledger, badge_id: str, versions: Sequence[counting.BadgeVersion], limit: str | None, window: str | None
) -> list[Limit]:
    known = {name: one for version in versions for name, one in version.limits.items()}
    if window is not None:
        try:
            return [limit_of(window, 0)]
        except ValueError as error:
            raise UsageError(
                where=f"--window {window}", expected=str(error), found=repr(window), next_step="Correct the window."
            ) from None
    if limit is None:
        in_force = [row["limit_name"] for row in ledger.ask("limits_in_force", badges=[badge_id])]
        return [known[name] for name in in_force]
    if limit in known:
        return [known[limit]]
    raise UsageError(
        where=f"--limit {limit}",
        expected="a limit of the badge" + (": " + ", ".join(sorted(known)) if known else ", which has none"),
        found=repr(limit),
        next_step="Correct it, or think of it as a window: --window takes any name.",
    )


def _count(
    ledger: Ledger, badge_id: str, versions: Sequence[counting.BadgeVersion], asked: Sequence[Limit]
) -> dict[str, _Counts]:
    """The counts of all judged rows in each window: with a number of 0 every one of them is over it."""
    arrays = ledger.arrays("counted_of_badge", badge=badge_id)
    rows = counting.Rows(**arrays)
    carried = {name for version in versions for name in version.limits}
    imagined = {one.name: one for one in asked if one.name not in carried}
    judging = [replace(version, limits=_without_numbers(imagined or version.limits)) for version in versions]
    names = sorted({name for version in judging for name in version.limits})
    rules = counting.CountingRules(
        zone=ledger.zone,
        event_clock=ledger.rules.rolling_clock == "event",
        local_day=ledger.rules.rolling_edge == "local-day",
        month=ledger.rules.month,
        as_of=ledger.as_of,
    )
    until = int(rows.event.max()) if len(rows.event) else ledger.as_of
    found: dict[str, _Counts] = {}
    blocks: list[Any] = []
    if len(rows.event) and names:
        plan = counting.plan_badge(0, judging, {name: place for place, name in enumerate(names)}, rules, until)
        blocks = list(counting.count_badges(rows, [plan], rules)["over_limit"])
    for one in asked:
        pieces = [(block["row_no"], block["count"]) for block in blocks for block in [_of_slot(block, names, one.name)]]
        row_nos = np.concatenate([np.empty(0, np.int64), *(row_no for row_no, _ in pieces)])
        counts = np.concatenate([np.empty(0, np.int64), *(count for _, count in pieces)])
        found[one.name] = _Counts(counts, rows.customer[np.searchsorted(rows.row_no, row_nos)].astype(np.int64))
    return found


def _without_numbers(limits: Mapping[str, Limit]) -> dict[str, Limit]:
    return {name: limit.model_copy(update={"number": 0}) for name, limit in limits.items()}


def _of_slot(block: Mapping[str, Ints], names: Sequence[str], name: str) -> dict[str, Ints]:
    chosen = block["slot_no"] == names.index(name)
    return {column: block[column][chosen] for column in ("row_no", "count")}


def _curve(name: str, found: _Counts, recorded: Sequence[Row]) -> list[Row]:
    """One row for each number up to the highest count, and for each number that the limit had."""
    if not len(found.counts) and not recorded:
        return []
    most = int(found.counts.max(initial=0))
    highest = np.zeros(int(found.customers.max(initial=-1)) + 1, np.int64)
    np.maximum.at(highest, found.customers, found.counts)
    last, full = np.bincount(found.counts, minlength=1), np.bincount(highest[highest > 0], minlength=1)
    numbers = {row["number"]: row for row in recorded}
    rows = []
    for limit in sorted({*range(1, most + 1), *numbers}):
        had = numbers.get(limit)
        over = int(last[limit + 1 :].sum())
        rows.append(
            {
                "limit_name": name,
                "number": limit,
                "issuances_over": over,
                "percent": round(100 * over / max(len(found.counts), 1), 2),
                "customers_over": int(full[limit + 1 :].sum()),
                "last_places": int(last[limit]) if limit < len(last) and limit else 0,
                "customers_full": int(full[limit]) if limit < len(full) and limit else 0,
                "recorded": "" if had is None else "in force" if had["in_force"] else "earlier",
                "since": None if had is None else had["in_force_from"],
                "brief": most <= _BRIEF_ALL or limit == most or _near(limit, numbers) or _is_round(limit),
            }
        )
    return rows


def _near(limit: int, numbers: Mapping[int, Row]) -> bool:
    return any(abs(limit - number) <= 1 for number in numbers)


def _is_round(limit: int) -> bool:
    scale = 10 ** (len(str(limit)) - 1)
    return limit % scale == 0 and limit // scale in _BRIEF_STEPS


def _total(name: str, found: _Counts, recorded: Sequence[Row], breaches: int | None) -> Row:
    """What is said of a curve as a whole; `headroom` is how far the number in force lies above the highest count."""
    in_force = next((row for row in recorded if row["in_force"]), None)
    highest = int(found.counts.max(initial=0))
    return {
        "limit_name": name,
        "judged": len(found.counts),
        "customers": len(np.unique(found.customers)),
        "highest_count": highest,
        "number": None if in_force is None else in_force["number"],
        "since": None if in_force is None else iso_instant(microseconds_of(in_force["in_force_from"])),
        "headroom": None if in_force is None else in_force["number"] - highest,
        "audit_breaches": breaches,
    }


def _head(total: Row) -> str:
    parts = [
        f"{counted(total['judged'], 'issuance')} of {counted(total['customers'], 'customer')} judged,"
        f" highest count {number(total['highest_count'])}"
    ]
    if total["number"] is not None:
        room = f", headroom {number(total['headroom'])}" if total["headroom"] >= 0 else ""
        parts.append(f"{number(total['number'])} in force since {total['since'][:10]}{room}")
    if total["audit_breaches"] is not None:
        parts.append(f"{counted(total['audit_breaches'], 'breach', 'breaches')} in the audit")
    return f"{total['limit_name']}  {'; '.join(parts)}"


def _drawn(row: Row) -> Bar:
    style = STRONG if row["recorded"] == "in force" else BAD if row["issuances_over"] else PART
    return Bar(row["percent"] / 100, style if row["recorded"] else PART, _CHART_WIDTH)


def _mark(row: Row) -> Text:
    if row["recorded"] == "in force":
        return styled("◀ in force", STRONG)
    return styled("◁ earlier" if row["recorded"] else "", QUIET)


_COLUMNS = (
    Column("limit_name"),
    Column("number", "number", right=True),
    Column("", "over it", _drawn),
    Column("percent", "%", lambda row: f"{row['percent']:.1f}", right=True),
    Column("issuances_over", "issuances", lambda row: tally(row["issuances_over"]), right=True),
    Column("customers_over", "customers", lambda row: tally(row["customers_over"]), right=True),
    Column("last_places", "last", lambda row: tally(row["last_places"], CLOSE if row["recorded"] else ""), right=True),
    Column("customers_full", "full", lambda row: tally(row["customers_full"]), right=True),
    Column("recorded", "", _mark),
    Column("since"),
)
