"""Rows inside the page: columnar JSON, compressed, as base64 text in a `<template>` each.

Columns hold dictionaries, differences or joined text instead of row objects; what the page can derive (excess, scope,
the id of a breach) is left out. 100,000 breaches take two to three megabytes.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from ..calendar import day_number
from .columns import Columns, Row

Column = dict[str, Any]

# The page offers their values for choosing, or makes other columns of them: it needs a list, however few the rows.
_LISTED = frozenset(
    "badge_id limit_name owner_type replay severity code state kind cause mark outcome counted status earn_type reason"
    " source_file".split()
)

# In this order columns leave a page that is over its budget.
SPARE_COLUMNS = ("request_id", "issuance_id", "source_line")


def pack(document: object) -> str:
    """Return the document as base64 of gzip of JSON: the same bytes for the same document."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode("ascii"), 6, mtime=0)).decode("ascii")


def words(values: Sequence[str], *, listed: bool = False) -> Column:
    """Encode text: as a dictionary where values repeat or are `listed`, else joined by line feeds."""
    seen = {value: place for place, value in enumerate(dict.fromkeys(values))}
    if not listed and 2 * len(seen) > len(values) and not any("\n" in value for value in seen):
        return {"k": "t", "t": "\n".join(values)}
    return {"k": "d", "d": list(seen), "i": [seen[value] for value in values]}


def _word_columns(rows: Columns, names: Sequence[str]) -> dict[str, Column]:
    return {name: words(rows[name], listed=name in _LISTED) for name in names}


def numbers(values: Iterable[int | None]) -> Column:
    """Encode integers as differences to the one before; none stays none."""
    before, steps = 0, []
    for value in values:
        steps.append(None if value is None else value - before)
        before = before if value is None else value
    return {"k": "n", "n": steps}


def plain_numbers(values: Iterable[int | None]) -> Column:
    """Encode integers as they are: instants so far away that differences to them are no exact numbers of a script."""
    return {"k": "p", "n": list(values)}


def beside(rows: Columns, column: str, other: str) -> Column:
    """Encode integers as differences to another column of the row: small numbers where two clocks agree."""
    pairs = zip(rows[column], rows[other], strict=True)
    steps = [None if value is None else value - (known or 0) for value, known in pairs]
    return {"k": "a", "to": other, "n": steps}


def bounds(rows: Columns, column: str, clock: str) -> Column:
    """Encode a window's bound, for each limit the shorter way: as an instant, or as a distance from the row's clock.

    A rolling span lies at one distance from its row (RULEBOOK 6.2), the rows of a cycle share one instant (6.1).
    """
    placed = list(zip(rows["limit_name"], rows[column], rows[clock], strict=True))
    instants: dict[str, set[int]] = defaultdict(set)
    distances: dict[str, set[int]] = defaultdict(set)
    for limit, value, at in placed:
        if value is not None:
            instants[limit].add(value)
            distances[limit].add(value - at)
    near = {limit for limit, found in distances.items() if len(found) < len(instants[limit])}
    seen: dict[tuple[int, int] | None, int] = {}
    places = []
    for limit, value, at in placed:
        key = None if value is None else (1, value - at) if limit in near else (0, value)
        places.append(seen.setdefault(key, len(seen)))
    return {"k": "w", "clock": clock, "d": [list(key) if key else None for key in seen], "i": places}


def breach_document(rows: Columns, total: int, clock: str) -> dict[str, Any]:
    """Return the breaches as columns. `clock` names the column in which rolling spans end."""
    columns = _word_columns(rows, _BREACH_WORDS)
    for name in ("number", "count", "processed_at", "source_line"):
        columns[name] = numbers(rows[name])
    columns["event_at"] = beside(rows, "event_at", "processed_at")
    columns["window_start"] = bounds(rows, "window_start", clock)
    columns["window_end"] = bounds(rows, "window_end", clock)
    names = dict(zip(reversed(rows["badge_id"]), reversed(rows["badge_name"]), strict=True))
    ids = dict(zip(rows["limit_name"], rows["breach_id"], strict=True))
    return {
        "rows": len(rows),
        "total": total,
        "columns": columns,
        "badge_names": {badge: name or "" for badge, name in sorted(names.items())},
        "codes": {limit: breach_id.rpartition("~")[2] for limit, breach_id in sorted(ids.items())},
    }


_BREACH_WORDS = (
    "badge_id", "limit_name", "row_key", "customer_id", "issuance_id", "request_id", "owner_type", "version",
    "source_file", "outcome", "replay",
)  # fmt: skip
_FINDING_WORDS = (
    "code", "severity", "platform_code", "badge_id", "row_key", "customer_id", "issuance_id", "request_id", "detail",
    "source_file",
)  # fmt: skip
_CHANGE_WORDS = (
    "kind", "flag_id", "state", "cause", "source", "mark", "badge_id", "limit_name", "code", "customer_id",
)  # fmt: skip


def finding_document(rows: Columns, total: int, badge_names: dict[str, str]) -> dict[str, Any]:
    """Return the findings as columns."""
    columns = _word_columns(rows, _FINDING_WORDS)
    for name in ("processed_at", "source_line"):
        columns[name] = numbers(rows[name])
    return {"rows": len(rows), "total": total, "columns": columns, "badge_names": badge_names}


def change_document(rows: Columns, total: int, badge_names: dict[str, str]) -> dict[str, Any]:
    """Return flags with what became of them as columns."""
    columns = _word_columns(rows, _CHANGE_WORDS)
    for name in ("processed_at", "first_seen", "cycle_no", "count_before", "count"):
        columns[name] = numbers(rows[name])
    return {"rows": len(rows), "total": total, "columns": columns, "badge_names": badge_names}


# What a number of the page may lead to, beside breaches, findings and changes: words and numbers of each table.
_OTHERS = {
    "usage": (
        ("badge_id", "limit_name", "customer_id"),
        ("count", "number", "peak_count", "peak_at", "span_start", "span_end"),
    ),
    "issuances": (
        ("badge_id", "customer_id", "kind", "outcome", "code", "counted", "issuance_id", "source_file"),
        ("processed_at", "source_line"),
    ),
    "expirations": (
        ("badge_id", "customer_id", "kind", "state", "rule", "issuance_id"),
        ("processed_at", "expires_at"),
    ),
    "quarantine": (("source_file", "reason", "raw"), ("source_line",)),
    "badges": (
        ("badge_id", "status", "earn_type", "limits"),
        ("starts_at", "expires_at", "issuances", "counted", "breaches", "findings"),
    ),
}
OTHER_TABLES = tuple(_OTHERS)
_FAR = frozenset({"starts_at", "expires_at"})


def other_document(name: str, rows: Columns, total: int) -> dict[str, Any]:
    """Return rows of one of :data:`OTHER_TABLES` as columns."""
    listed, counted = _OTHERS[name]
    columns = _word_columns(rows, listed)
    for column in counted:
        columns[column] = (plain_numbers if column in _FAR else numbers)(rows[column])
    if len(rows) and "event_at" in rows:
        columns["event_at"] = beside(rows, "event_at", "processed_at")
    names = dict(zip(rows["badge_id"], rows["badge_name"], strict=True)) if "badge_id" in rows else {}
    return {"rows": len(rows), "total": total, "columns": columns, "badge_names": dict(sorted(names.items()))}


def cycle_document(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the cycles of badges' calendars as cells, strip after strip; days are counted from 1970-01-01."""
    cells = {
        name: words([row[name] for row in rows], listed=True) for name in ("badge_id", "scope", "tone", "odd_days")
    }
    for name in ("cycle_no", "count", "subjects", "beyond", "full_now", "unjudged"):
        cells[name] = numbers(row[name] for row in rows)
    for name in ("first_day", "last_day"):
        cells[name] = numbers(day_number(date.fromisoformat(row[name])) for row in rows)
    names = {row["badge_id"]: row["badge_name"] or "" for row in rows}
    return {"rows": len(rows), "cells": cells, "badge_names": dict(sorted(names.items()))}


def without_columns(document: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the document without the columns named."""
    return {**document, "columns": {name: one for name, one in document["columns"].items() if name not in names}}


def evidence_document(rows: Sequence[Row], breaches: Sequence[Row]) -> dict[str, Any]:
    """Return for each breach the issuances inside its span, each issuance once.

    Only a breach whose issuances are as many as its count is kept: a strip that does not add up proves nothing.
    """
    counts = {row["breach_id"]: row["count"] for row in breaches}
    held: dict[str, list[Row]] = {}
    for row in rows:
        held.setdefault(row["breach_id"], []).append(row)
    seen: dict[tuple[str, int], int] = {}
    labels: list[str] = []
    clocks: list[int] = []
    spans: dict[str, list[int]] = {}
    for breach_id, inside in held.items():
        if len(inside) != counts.get(breach_id):
            continue
        for row in inside:
            if seen.setdefault((row["row_key"], row["clock"]), len(seen)) == len(labels):
                labels.append(row["issuance_id"] or "")
                clocks.append(row["clock"])
        spans[breach_id] = [seen[row["row_key"], row["clock"]] for row in inside]
    return {"ids": labels, "clocks": numbers(clocks), "spans": spans}
