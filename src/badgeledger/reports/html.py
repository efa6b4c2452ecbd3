"""report.html: one page that needs nothing but itself and asks no network for anything.

The page is whole without scripts; `assets/page` adds search, facets, sorting, links into every view and the evidence of
a breach. No markup is ever built from data there: every text enters as a text node.
A meta policy admits only the page's own style and script, by hash, so that no name in the data can bring its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
from markupsafe import Markup

from ..calendar import SECOND, date_of, day_number, zone
from ..definitions import Limit
from . import charts, data
from .changed import read_changed
from .columns import Columns, Row
from .context import ReportContext
from .facts import EXPIRY_DAYS, STRIPS_SHOWN, Facts, ask, ask_many, read_facts, verdict
from .guides import Guide, guides
from .manifest import known_inputs
from .other_rows import OtherRows, pack_other_rows, pack_within, read_other_rows, rough_size, usage_link, with_spans
from .templates import asset, environment, page_margins, policy
from .text import decision_words, limit_words

PAGE_BYTES = 3_000_000
SPANS_SHOWN = 1_000
# What stands around the templates, charts and lists, is bounded: it takes less than this.
_AROUND_BYTES = 450_000
_BUDGET = PAGE_BYTES - _AROUND_BYTES
# Where rows leave, what stands around them is as long as it ever is.
_LEAST_BUDGET = _BUDGET - 50_000
# What is kept for the rows of the other tables.
_OTHERS_BYTES = 100_000
_Left = tuple[tuple[str, ...], int]
# In this order columns, and half of the spans, leave the page when it would grow over its budget: no view depends on
# them.
_LEAVING: tuple[_Left, ...] = (
    ((), SPANS_SHOWN),
    (data.SPARE_COLUMNS[:1], SPANS_SHOWN),
    (data.SPARE_COLUMNS[:2], SPANS_SHOWN),
    (data.SPARE_COLUMNS[:2], SPANS_SHOWN // 2),
    (data.SPARE_COLUMNS, SPANS_SHOWN // 2),
)
_NEWEST_SHOWN = 20
CHANGES_SHOWN = 5_000
BADGE_SPANS_SHOWN = 100
SPAN_LENGTH = 40
INPUTS_PROVED = 5_000
NO_OUTPUTS: Mapping[str, str] = MappingProxyType({})
# What the columns of the expirations by badge count, as the page filters expirations.
_EXPIRY_VIEWS = {
    "past_90": "state=EXPIRED&due=-89..",
    "past_30": "state=EXPIRED&due=-29..",
    "next_30": "state=ACTIVE&due=..30",
    "next_60": "state=ACTIVE&due=..60",
    "next_90": "state=ACTIVE&due=..90",
    "active": "state=ACTIVE",
    "without_end": "state=ACTIVE&due=none",
    "expired": "state=EXPIRED",
    "revoked": "state=REVOKED",
}
_SEVERITIES = ("error", "warning", "notice")


def write_html(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    context: ReportContext,
    outputs: Mapping[str, str] = NO_OUTPUTS,
    manifest: str = "",
) -> None:
    """Write report.html from the `report.*` views of the connection.

    The same rows and context give the same bytes. At most `context.page_rows` breaches and findings are embedded, the
    newest, and no more than keep it within its budget; the page says what is cut, and its totals are those of all rows.
    """
    path.write_text(render_html(con, context, outputs, manifest), encoding="utf-8", newline="\n")


def render_html(
    con: duckdb.DuckDBPyConnection,
    context: ReportContext,
    outputs: Mapping[str, str] = NO_OUTPUTS,
    manifest: str = "",
) -> str:
    """Return the page as text. `outputs` are the SHA-256 of the files that stand beside it, by name, `manifest` is the
    hash by which it names their manifest."""
    facts = read_facts(con, context)
    breaches, replayed = _replayed(ask_many(con, "breach_rows", many=context.page_rows))
    findings = ask_many(con, "finding_rows", many=context.page_rows)
    names = {row["badge_id"]: row["name"] for row in ask(con, "badge_names")}
    sections = _sections(facts, context)
    changed = read_changed(con, context)
    changes = ask_many(con, "changed_flags", many=CHANGES_SHOWN)
    told = sum(group.total for group in changed.groups.values())
    beside = {
        "changes": data.pack(data.change_document(changes, told, names)),
        "cycles": data.pack(data.cycle_document(facts.strips)),
    }
    packed, without, fit = _pack(con, context, facts, (breaches, findings), names, beside)
    is_cut = fit != {"breaches": len(breaches), "findings": len(findings)}
    breaches, findings = breaches.first(fit["breaches"]), findings.first(fit["findings"])
    others = read_other_rows(con, context, facts)
    packed_others, shown = pack_other_rows(
        others, (_LEAST_BUDGET if is_cut else _BUDGET) - sum(map(len, packed.values()))
    )
    style = asset("report.css") + asset("changes.css") + page_margins(context, manifest)
    script = _script()
    template = environment(context.zone).get_template("report.html.j2")
    return template.render(
        **sections,
        changed=changed,
        style=Markup(style),
        script=Markup(script),
        policy=policy(style, script),
        newest_breaches=_newest(breaches),
        newest_findings=_newest(findings),
        shown_breaches=len(breaches),
        shown_findings=len(findings),
        packed=packed | packed_others,
        others={name: (shown[name], others[name].total) for name in others},
        manifest=manifest,
        without=without,
        proof=data.pack(_proof(con, outputs, manifest)),
        shown_changes=len(changes),
        told_changes=told,
        page=data.pack(_page_facts(context, facts, (breaches, findings, changes), others) | {"replay": replayed}),
    )


def _newest(rows: Columns) -> list[Row]:
    return rows.rows(range(min(_NEWEST_SHOWN, len(rows))))


def _script() -> str:
    """Return the page's script: its parts as one, that leaves no name behind."""
    parts = (asset(f"page/{name}.js") for name in ("columns", "tables", "explorer", "sheets", "start"))
    return '"use strict";\n(() => {\n' + "".join(parts) + "})();\n"


def _sections(facts: Facts, context: ReportContext) -> dict[str, Any]:
    unit, bins = charts.bins(facts.days)
    # A code under which lines were refused did not pass, even where it raised no finding.
    seen = {row["code"] for row in facts.finding_codes} | {row["reason"] for row in facts.refused_reasons}
    unseen = [one for code, one in guides().items() if code not in seen]
    strips = _strips(facts.strips, context.zone)
    closest = with_spans(Columns.of(facts.closest[:12]), context)
    ordered = sorted(facts.finding_codes, key=lambda row: (_SEVERITIES.index(row["severity"]), row["code"]))
    return {
        "context": context,
        "facts": facts,
        "verdict": verdict(facts),
        "unit": unit,
        "bins": bins,
        "breach_columns": charts.breach_columns(bins),
        "counted_columns": charts.counted_columns(bins),
        "expiry_columns": charts.expiry_columns(facts.expiry_days, EXPIRY_DAYS),
        "expiry_days": EXPIRY_DAYS,
        "expiry_views": _EXPIRY_VIEWS,
        "expiry_link": charts.expiry_link,
        "distance": charts.distance,
        "closest": [row | {"link": usage_link(row, context)} for row in closest.rows(range(len(closest)))],
        "strips": strips,
        "calendars": len({row["badge_id"] for row in facts.strips}),
        "raised": [(row, _guide(row["code"])) for row in ordered],
        "passed": [one for one in unseen if one.code not in context.not_judged],
        "not_judged": [one for one in unseen if one.code in context.not_judged],
        "guides": guides(),
        "share_bar": charts.share_bar,
    }


def _guide(code: str) -> Guide:
    return guides().get(code) or Guide(code, code, code, "", "")


def _strips(rows: list[Row], zone_name: str) -> list[tuple[str, str, str, list[Row]]]:
    """Group cycles into strips: (badge id, badge name, scope, cycles), those of the first badges.

    Each cycle is given its tone, which colors it, and names its days of 23 or 25 hours.
    """
    strips: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        first, last = (day_number(date.fromisoformat(row[name])) for name in ("first_day", "last_day"))
        odd = zone(zone_name).odd_days(first, last + 1)
        row["odd_days"] = "; ".join(f"{date_of(day)} has {hours:g} hours" for day, hours in odd)
        row["tone"] = _tone(row) + (" now" if row["running"] else "")
        strips.setdefault((row["badge_id"], row["scope"]), []).append(row)
    shown = list(dict.fromkeys(badge for badge, _ in strips))[:STRIPS_SHOWN]
    return [
        (badge, cycles[0]["badge_name"], scope, cycles) for (badge, scope), cycles in strips.items() if badge in shown
    ]


def _tone(cycle: Row) -> str:
    if cycle["ahead"]:
        return "next"
    if cycle["beyond"]:
        return "hot"
    if not cycle["count"] or cycle["unjudged"] == cycle["subjects"]:
        return "none"
    return "warm" if cycle["full_now"] else "fine"


def _pack(
    con: duckdb.DuckDBPyConnection,
    context: ReportContext,
    facts: Facts,
    rows: tuple[Columns, Columns],
    names: dict[str, str],
    beside: dict[str, str],
) -> tuple[dict[str, str], list[str], dict[str, int]]:
    """Return the templates' texts, those of `beside` among them, the columns that had to leave to keep the page within
    its budget, and how many breaches and findings found room, the newest."""
    breaches, findings = rows
    clock = "event_at" if context.rules.get("rolling_clock") == "event" else "processed_at"
    spans = ask(
        con,
        "evidence",
        clock="event" if clock == "event_at" else "processed",
        many=SPANS_SHOWN,
        badge_wide=BADGE_SPANS_SHOWN,
        longest=SPAN_LENGTH,
    )

    def document(name: str, without: Sequence[str], shown: Columns) -> dict[str, Any]:
        made = (
            data.breach_document(shown, facts.breaches["breaches"], clock)
            if name == "breaches"
            else data.finding_document(shown, facts.findings(), names)
        )
        return data.without_columns(made, without)

    every = {"breaches": breaches, "findings": findings}

    @cache
    def evidence(drawn: int) -> str:
        return _evidence(spans, breaches, drawn, context)

    @cache
    def tables(without: tuple[str, ...]) -> dict[str, str]:
        return {name: data.pack(document(name, without, shown)) for name, shown in every.items()}

    def packed(left: _Left) -> dict[str, str]:
        without, drawn = left
        return tables(without) | {"evidence": evidence(drawn), **beside}

    def fits(left: _Left) -> bool:
        return sum(map(len, packed(left).values())) <= _BUDGET - _OTHERS_BYTES

    # Packing takes longest of all: where not even the least has room, nothing between is tried.
    least = _LEAVING[-1]
    cut = {name: (shown, partial(document, name, least[0])) for name, shown in every.items()}
    is_hopeless = sum(rough_size(*one) for one in cut.values()) > _BUDGET
    if not is_hopeless and (fits(_LEAVING[0]) or fits(least)):
        chosen = next(filter(fits, _LEAVING))
        return packed(chosen), list(chosen[0]), {name: len(shown) for name, shown in every.items()}
    around = {"evidence": evidence(least[1]), **beside}
    room = _LEAST_BUDGET - _OTHERS_BYTES - sum(map(len, around.values()))
    texts, fit = pack_within(dict(sorted(cut.items(), key=lambda one: -len(one[1][0]))), room)
    return texts | around, list(least[0]), fit


def _evidence(spans: list[Row], breaches: Columns, many: int, context: ReportContext) -> str:
    """Pack the spans of so many of the newest breaches that have some, and when there is room again."""
    drawn = {row["breach_id"] for row in spans}
    newest = breaches.rows([place for place, one in enumerate(breaches["breach_id"]) if one in drawn][:many])
    kept = {row["breach_id"] for row in newest}
    document = data.evidence_document([row for row in spans if row["breach_id"] in kept], newest)
    shown = [row for row in newest if row["breach_id"] in document["spans"]]
    return data.pack({**document, "free": _room_again(spans, shown, context)})


def _room_again(spans: list[Row], breaches: list[Row], context: ReportContext) -> dict[str, int]:
    """Return of breaches of rolling windows the first instant with room for one more, if nothing else is issued."""
    from ..room import free_in_span

    clocks: dict[str, list[int]] = {}
    for row in spans:
        clocks.setdefault(row["breach_id"], []).append(row["clock"])
    edge = zone(context.zone), context.rules.get("rolling_edge") == "local-day"
    found: dict[str, int] = {}
    for row in breaches:
        scope, kind, *window = row["limit_name"].split(":")
        taken = sorted(clocks.get(row["breach_id"], ()))
        if kind == "ROLLING_WINDOW" and taken and row["number"]:
            unit, length = window
            limit = Limit(scope=scope, kind=kind, unit=unit, length=int(length), number=row["number"])
            free = free_in_span(limit, row["number"], taken, taken[-1], *edge)
            found |= {} if free is None else {row["breach_id"]: free}
    return found


def _replayed(breaches: Columns) -> tuple[Columns, dict[str, str]]:
    """Give each breach what replay says of its issuance in short, and return what that means; "" was not decided."""
    each = list(zip(*(breaches[name] for name in ("decision", "reason", "full_limit", "compared")), strict=True))
    short = {
        said: "" if said[0] is None else " ".join(filter(None, (said[0].lower(), *said[1:3])))
        for said in dict.fromkeys(each)
    }
    meanings: dict[str, str] = {}
    for said, told in short.items():
        if told and told not in meanings:
            meanings[told] = decision_words(*said)
    return breaches.beside({"replay": [short[said] for said in each]}), meanings


def _page_facts(
    context: ReportContext, facts: Facts, flags: tuple[Columns, ...], others: Mapping[str, OtherRows]
) -> dict[str, Any]:
    """Return what the page's script needs to know besides the rows."""
    tables = (*flags, *(table.rows for table in others.values()))
    limits = {row["limit_name"] for row in facts.breaches_by_limit}
    limits |= {name for table in tables if "limit_name" in table for name in table["limit_name"]}
    return {
        "zone": context.zone,
        "as_of": context.as_of_us,
        "clock": "event_at" if context.rules.get("rolling_clock") == "event" else "processed_at",
        "offsets": _offsets(context, tables),
        "limits": {name: limit_words(name) for name in sorted(limits - {""})},
        "guides": {code: [one.fails, one.why, one.do] for code, one in guides().items()},
    }


def _proof(con: duckdb.DuckDBPyConnection, outputs: Mapping[str, str], manifest: str) -> dict[str, Any]:
    """Return what the page compares dropped files with: inputs (path, bytes, SHA-256), the files beside it, and
    the hash of their manifest."""
    inputs = known_inputs(con)
    shown = [[entry.path, entry.bytes, entry.sha256] for entry in inputs[:INPUTS_PROVED]]
    return {"inputs": shown, "of": len(inputs), "outputs": dict(outputs), "manifest": manifest}


def _offsets(context: ReportContext, tables: tuple[Columns, ...]) -> list[list[int]]:
    """Return the zone's offsets over all embedded instants, so that the page needs no time-zone table of the browser.

    Two lists: the instants from which an offset rules, the first reaching back for ever, and the offsets in seconds.
    """
    fields = (
        "processed_at", "event_at", "window_start", "window_end", "first_seen", "peak_at", "span_start", "span_end",
        "starts_at", "expires_at",
    )  # fmt: skip
    found = [
        value for rows in tables for field in fields if field in rows for value in rows[field] if value is not None
    ]
    local = zone(context.zone)
    first = int(local.changes_at.searchsorted(min([*found, context.as_of_us]), side="right"))
    last = int(local.changes_at.searchsorted(max([*found, context.as_of_us]), side="right"))
    starts = [0, *local.changes_at[first:last].tolist()]
    return [starts, [offset // SECOND for offset in local.offsets[first : last + 1].tolist()]]
