"""replay.html: what replay decides, beside the record, or beside the replay under the recorded rules.

Like report.html it is one file that asks no network for anything; it has no script at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from markupsafe import Markup

from ..text import counted
from ..warehouse import statement
from . import charts
from .columns import Row
from .context import ReportContext
from .facts import ask
from .templates import asset, environment, page_margins, policy
from .text import amount

BADGES_SHOWN = 50
REASONS_SHOWN = 50
CUSTOMERS_SHOWN = 20
NAMES_SHOWN = 5
_WEEKS_MOST = 210
_CHOICE = ("badge", "name", "tag", "from")
_COUNTS = ("decisions", "admitted_a", "admitted_b", "gained", "lost", "breaches")


@dataclass(frozen=True)
class Asked:
    """What a replay was asked for: `other` rules as the manifest keeps them, None where only settings differ;
    `recorded` are the settings of side A. Without `compares`, side A is what was recorded. `shown` are the bounds of
    what is shown, as text, None where it has no end.
    """

    compares: bool
    recorded: Mapping[str, str]
    other: Mapping[str, Any] | None
    shown: tuple[str | None, str | None]


def write_replay_page(con: duckdb.DuckDBPyConnection, path: Path, context: ReportContext, asked: Asked) -> None:
    """Write replay.html from the relations of replay on the connection. The same rows and question give the same bytes.

    `context.rules` are the settings of side B.
    """
    relation = "side_compared" if asked.compares else "side_recorded"
    con.execute(f"CREATE OR REPLACE TEMP TABLE side AS {statement('6_replay', relation)}")
    weeks, badges = _filled(ask(con, "replay_weeks")), ask(con, "replay_badges")
    totals = {name: sum(row[name] for row in badges) for name in _COUNTS}
    for row in badges:
        row["changed"] = bool(row["gained"] or row["lost"])
    style = asset("report.css") + asset("replay.css") + page_margins(context)
    text = environment(context.zone).get_template("replay.html.j2").render(
        context=context,
        asked=asked,
        sides=("Recorded rules", "Other rules") if asked.compares else ("Recorded", "Replay"),
        headline=_headline(totals, asked),
        totals=totals,
        level="look" if totals["gained"] or totals["lost"] else "clean",
        weeks=weeks,
        rejected_columns=_rejected(weeks),
        change_columns=_changes(weeks),
        reasons=ask(con, "replay_reasons"),
        reasons_shown=REASONS_SHOWN,
        badges=badges,
        badges_shown=BADGES_SHOWN,
        customers=ask(con, "replay_customers")[0] if asked.compares else None,
        gains=ask(con, "replay_gains", many=CUSTOMERS_SHOWN) if asked.compares else [],
        losses=ask(con, "replay_losses", many=CUSTOMERS_SHOWN) if asked.compares else [],
        entries=_entries(asked.other or {}, _chosen(con) if asked.compares else {}),
        share_bar=charts.share_bar,
        style=Markup(style),
        policy=policy(style),
    )  # fmt: skip
    path.write_text(text, encoding="utf-8", newline="\n")


def _headline(totals: Mapping[str, int], asked: Asked) -> str:
    gained, lost = totals["gained"], totals["lost"]
    if not gained and not lost:
        return "The other rules decide the same" if asked.compares else "Replay decides as was recorded"
    if asked.compares:
        return f"The other rules admit {amount(gained)} more and reject {amount(lost)} more"
    return f"{counted(lost, 'accepted issuance')} would be rejected, {amount(gained)} rejected would be admitted"


def _filled(rows: Sequence[Row]) -> list[Row]:
    """Weeks without gaps; of a long time several weeks stand together, so that no chart has over 210 bars."""
    if not rows:
        return []
    first, last = (date.fromisoformat(rows[place]["week"]) for place in (0, -1))
    step = 7 * -(-((last - first).days // 7 + 1) // _WEEKS_MOST)
    starts = [first + timedelta(days=days) for days in range(0, (last - first).days + 1, step)]
    bins: list[Row] = [
        {
            "first": start.isoformat(),
            "last": (start + timedelta(days=step - 1)).isoformat(),
            **dict.fromkeys(_COUNTS, 0),
        }
        for start in starts
    ]
    for row in rows:
        one = bins[(date.fromisoformat(row["week"]) - first).days // step]
        for name in _COUNTS:
            one[name] += row[name]
    return bins


def _rejected(weeks: Sequence[Row]) -> Markup:
    sides = [[row["decisions"] - row[f"admitted_{side}"] for row in weeks] for side in "ab"]
    titles = [
        f"{row['first']} to {row['last']}: {a:,} rejected and {b:,} rejected"
        for row, a, b in zip(weeks, *sides, strict=True)
    ]
    return charts.paired_columns(sides[0], sides[1], titles)


def _changes(weeks: Sequence[Row]) -> Markup:
    titles = [f"{row['first']} to {row['last']}: {row['gained']:,} gained, {row['lost']:,} lost" for row in weeks]
    return charts.diverging_columns([row["gained"] for row in weeks], [row["lost"] for row in weeks], titles)


@dataclass(frozen=True)
class _Entry:
    """An entry of the file of other rules: whose, what, and from when on. The badges that it chooses, by some of their
    names, and what they gain and lose; none of that where the definitions of all are others."""

    whose: str
    what: str
    since: str
    badges: int | None = None
    names: Sequence[str] = ()
    gained: int = 0
    lost: int = 0


def _chosen(con: duckdb.DuckDBPyConnection) -> dict[str, Row]:
    return {row["entry"]: row for row in ask(con, "replay_chosen", many=NAMES_SHOWN)}


def _entries(other: Mapping[str, Any], chosen: Mapping[str, Row]) -> list[_Entry]:
    """Each entry of the file, with the badges that it chooses."""
    found = [_Entry("every badge", f"the definitions of {other['definitions']}", "")] if "definitions" in other else []
    for place, entry in enumerate(other.get("limits", ())):
        verb = "added or set" if entry.get("add") else "where it is carried"
        if "replaces" in entry:
            verb = f"in the place of {entry['replaces']}"
        what = "removed" if entry.get("remove") else f"{entry['number']:,} allowed, {verb}"
        found.append(_met(entry, f"{entry['limit']}: {what}", chosen.get(f"limits[{place}]")))
    for place, entry in enumerate(other.get("badges", ())):
        said = [f"{key} = {_plainly(value)}" for key, value in entry.items() if key not in _CHOICE]
        found.append(_met(entry, ", ".join(said) or "nothing else", chosen.get(f"badges[{place}]")))
    return found


def _met(entry: Mapping[str, Any], what: str, chosen: Row | None) -> _Entry:
    since = entry.get("from", "").replace(".000000Z", "Z")
    met = {name: chosen[name] for name in ("badges", "names", "gained", "lost")} if chosen else {"badges": 0}
    return _Entry(_whose(entry), what, since, **met)


def _whose(entry: Mapping[str, Any]) -> str:
    if "badge" in entry:
        return f"badge {entry['badge']}"
    if "tag" in entry:
        return f"badges tagged {entry['tag']}"
    return f"badges named {entry['name']}" if "name" in entry else "every badge"


def _plainly(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={one}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
