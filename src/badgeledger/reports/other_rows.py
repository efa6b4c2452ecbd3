"""The rows that the page's other numbers lead to: use of limits, issuances, expirations, refused lines and badges.

They take what breaches and findings leave of the page's budget. Where a table is cut the page says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

import duckdb

from ..calendar import iso_instant, zone
from ..definitions import Limit
from . import data
from .columns import Columns, Row
from .context import ReportContext
from .facts import REFUSED_LENGTH, Facts, ask, ask_many
from .text import amount, limit_words

Document = dict[str, Any]

ROWS_SHOWN = 20_000
_BADGES_SHOWN = 2_000
# So many rows of a larger table are packed first, to know what a row takes.
_TRIED = 5_000
_REFUSED_SHOWN = 2_000


@dataclass(frozen=True)
class OtherRows:
    """The rows of a table that may stand on the page, those that matter first, and how many there are in all."""

    rows: Columns
    total: int


def read_other_rows(con: duckdb.DuckDBPyConnection, context: ReportContext, facts: Facts) -> dict[str, OtherRows]:
    """Ask for the rows of each of :data:`data.OTHER_TABLES`."""
    many, as_of_us = min(ROWS_SHOWN, context.page_rows), context.as_of_us
    rows = {
        "usage": with_spans(ask_many(con, "usage_rows", many=many, as_of_us=as_of_us), context),
        "issuances": ask_many(con, "issuance_rows", among="newest_issuances", many=many),
        "expirations": ask_many(con, "expiration_rows", among="nearest_expirations", many=many, as_of_us=as_of_us),
        "quarantine": ask_many(con, "quarantine_lines", many=_REFUSED_SHOWN, length=REFUSED_LENGTH),
        "badges": Columns.of([_badge(row, facts) for row in ask(con, "badges", many=_BADGES_SHOWN)]),
    }
    totals = {
        "usage": facts.use["subjects"],
        "issuances": facts.issuances["issuances"],
        "expirations": sum(facts.expiry(state) for state in ("active", "expired", "revoked")),
        "quarantine": facts.refused,
        "badges": facts.badges["badges"],
    }
    return {name: OtherRows(rows[name], totals[name]) for name in data.OTHER_TABLES}


def pack_other_rows(tables: dict[str, OtherRows], room: float) -> tuple[dict[str, str], dict[str, int]]:
    """As :func:`pack_within`, of tables by their names."""

    def document(name: str, rows: Columns) -> Document:
        return data.other_document(name, rows, tables[name].total)

    return pack_within({name: (table.rows, partial(document, name)) for name, table in tables.items()}, room)


def pack_within(
    tables: Mapping[str, tuple[Columns, Callable[[Columns], Document]]],
    room: float,
) -> tuple[dict[str, str], dict[str, int]]:
    """Return the tables packed into `room` characters, and how many rows of each found room: the first of those given
    beside what makes a document of them."""
    packed, shown = {}, {}
    # What a small table leaves of its share is for the larger ones after it.
    for waiting, name in zip(range(len(tables), 0, -1), reversed(list(tables)), strict=True):
        rows, document = tables[name]
        share = room / waiting
        many = min(_TRIED, len(rows)) if share > 0 else 0
        text = data.pack(document(rows.first(many)))
        # Packing takes long: a part says how many rows would fit if every row took the same, or a little more.
        while many < len(rows) and len(text) < 0.8 * share:
            many = min(len(rows), int(many * 0.92 * share / len(text)))
            text = data.pack(document(rows.first(many)))
        while many and len(text) > share:
            many = int(many * 0.92 * share / len(text))
            text = data.pack(document(rows.first(many)))
        packed[name], shown[name] = text, many
        room -= len(text)
    return packed, shown


def rough_size(rows: Columns, document: Callable[[Columns], Document]) -> int:
    """Return about how many characters a table of very many rows takes, no more than it does; 0 of few rows."""
    if len(rows) < 4 * _TRIED:
        return 0
    # What repeats in a part repeats in the whole, which is packed the closer for it.
    return int(0.7 * len(data.pack(document(rows.first(_TRIED)))) * len(rows) / _TRIED)


def _badge(row: Row, facts: Facts) -> Row:
    carried = facts.limits.get(row["badge_id"], ())
    limits = (f"{amount(limit['number'])} {limit_words(limit['limit_name'])}" for limit in carried)
    return row | {
        "badge_name": row["name"] or "",
        "status": row["status"] or "UNKNOWN",
        "earn_type": row["earn_type"] or "",
        "starts_at": row["starts_us"],
        "expires_at": row["expires_us"],
        "limits": "; ".join(limits),
    }


def usage_link(row: Row, context: ReportContext) -> str:
    """The hash route that shows the issuances of a subject that fill a limit at as-of."""
    wanted = {"badge": row["badge_id"], "counted": "true"}
    if row["customer_id"]:
        wanted["customer"] = row["customer_id"]
    if row["span_start"] is not None:
        by_event = ":FIXED_" in row["limit_name"] or context.rules.get("rolling_clock") == "event"
        wanted["by"] = "event_at" if by_event else "processed_at"
        wanted |= {"from": iso_instant(row["span_start"]), "to": iso_instant(row["span_end"])}
    return "#/issuances?" + urlencode(wanted)


def with_spans(rows: Columns, context: ReportContext) -> Columns:
    """Give the subjects of rolling windows the span that ends with as-of (readings, headroom): its first instant, and
    the one after its last. Those of fixed windows have their cycle, those of fixed values none."""
    from ..room import span_start

    local_day = context.rules.get("rolling_edge") == "local-day"
    rolling: dict[str, tuple[int, int]] = {}
    for name, number in dict(zip(rows["limit_name"], rows["number"], strict=True)).items():
        scope, kind, *window = name.split(":")
        if kind == "ROLLING_WINDOW":
            limit = Limit(scope=scope, kind=kind, unit=window[0], length=int(window[1]), number=number)
            start = span_start(limit, context.as_of_us, zone(context.zone), local_day)
            rolling[name] = start, context.as_of_us + 1
    held = zip(rows["limit_name"], rows["span_start"], rows["span_end"], strict=True)
    spans = [rolling.get(name, known) for name, *known in held]
    return rows.beside({"span_start": [start for start, _ in spans], "span_end": [end for _, end in spans]})
