"""The second meaning of the rule book: an independent, brute-force audit with the standard library alone.

It reads raw lines, zones and definitions itself, counts by looking at all other rows, and returns the contract's
tables. It shares no code with the engine, so that it can be the tests' oracle, the nightly self-check and `verify`.

`times`, `lines` and `flat` read scalars, JSON and flat files; `fields` and `shapes` tell records apart, which
`definitions`, `halves`, `imports`, `events`, `revocations` and `dumps` read; `calls` finds requests and their answers,
`books` keeps what all files tell; `cycles` and `counts` do the accounting; `findings`, `straddles` and `tables` tell
the result, and `pseudonyms` shows it without customer ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from . import findings, tables
from . import replay as decisions
from .books import Books, Files, Input
from .calls import Call, Row, mark_repeats, rows_of
from .counts import Badge, Settings, account
from .definitions import Definition
from .dumps import dump_findings
from .other_rules import OtherRules
from .pseudonyms import shown
from .revocations import revoke
from .straddles import straddle_findings
from .times import Zone

__all__ = ["Input", "audit", "check_settings", "recount", "recount_subjects", "replay", "shown"]


def audit(
    files: Files,
    rules: Mapping[str, str],
    as_of_us: int,
    feed_zones: Mapping[str, str] | None = None,
) -> dict[str, list[dict[str, str]]]:
    """Every table of the contract, and `files`, for the given inputs (RULEBOOK 2 to 9).

    `files`: path relative to the input root and decompressed bytes, or :class:`Input`. `rules`: settings of the rule
    book, missing ones by default. `as_of_us`: microseconds since the epoch. `feed_zones`: by path, the zone of
    times without offset. Rows stand in key order, each a mapping of column to CSV text. Raises ValueError for an
    unknown setting or zone.
    """
    settings = Settings(rules, as_of_us)
    books = Books(files, feed_zones)
    rows = _rows(books, settings)
    told = _by_badge(books.definitions)
    accounts = _accounts(told, rows, settings)
    found = _findings(books, accounts, settings) + dump_findings(books.dumps, told, rows, settings)
    return {
        "badges": tables.badges(accounts, found, settings),
        "issuances": tables.issuances(rows),
        "breaches": tables.breaches(accounts),
        "cycles": tables.cycles(accounts, settings),
        "cycle_counts": tables.cycle_counts(accounts),
        "usage": tables.usage(accounts, settings),
        "expirations": tables.expirations(rows),
        "findings": tables.findings(found),
        "quarantine": books.quarantine(),
        "limits": tables.limits(accounts),
        "daily": tables.daily(accounts, settings),
        "files": books.files(),
    }


def replay(
    files: Files,
    rules: Mapping[str, str],
    as_of_us: int,
    feed_zones: Mapping[str, str] | None = None,
    *,
    other: str | None = None,
    definitions_of: Files | None = None,
) -> list[dict[str, str]]:
    """The table `decisions`: every request decided again (RULEBOOK 10). Arguments and errors are those of `audit`.

    `other` is the text of a file of other rules; `definitions_of` are files whose definitions rule instead.
    """
    settings = Settings(rules, as_of_us)
    changed = None if other is None else OtherRules(other)
    ruling = settings if changed is None else changed.settings(settings)
    books = Books(files, feed_zones)
    told = books if definitions_of is None else Books(definitions_of, feed_zones)
    return decisions.table(decisions.decide(_by_badge(told.definitions), _rows(books, ruling), ruling, changed))


def check_settings(rules: Mapping[str, str], zones: Iterable[str]) -> None:
    """Raises ValueError for a setting or a zone that :func:`audit` would not take."""
    Settings(rules, 0)
    for zone in zones:
        Zone(zone)


def recount(
    files: Files, rules: Mapping[str, str], as_of_us: int, row_keys: Collection[str]
) -> dict[str, list[dict[str, str]]]:
    """The tables `issuances` and `breaches` of these rows alone, and the customers of all rows (`names`). Arguments and
    errors are those of `audit`.

    Each of their counts looks at all other rows; those of other rows are not made, so that a sample of a large log can
    be recounted.
    """
    settings = Settings(rules, as_of_us)
    books = Books(files, None)
    rows = _rows(books, settings)
    asked = [row for row in rows if row.key in row_keys]
    by_badge: dict[str, list[Row]] = {row.badge: [] for row in asked}
    for row in rows:
        if row.badge in by_badge:
            by_badge[row.badge].append(row)
    told = _by_badge(books.definitions)
    accounts = [account(badge, told.get(badge, []), of, settings, row_keys) for badge, of in sorted(by_badge.items())]
    names = [{"customer_id": customer} for customer in sorted({row.customer for row in rows})]
    return {"issuances": tables.issuances(asked), "breaches": tables.breaches(accounts), "names": names}


def recount_subjects(
    files: Files, rules: Mapping[str, str], as_of_us: int, subjects: Collection[tuple[str, str]]
) -> dict[str, list[dict[str, str]]]:
    """Four tables of some subjects alone. Arguments and errors are those of `audit`.

    A subject is a badge and customer, whose rows, expirations, and breaches and cycle counts of scope CUSTOMER are
    told; or a badge and an empty customer: all its rows and expirations, and breaches and cycle counts of both scopes.
    The files need hold no more lines than those that tell of the subjects.
    """
    settings = Settings(rules, as_of_us)
    books = Books(files, None)
    told = _by_badge(books.definitions)
    rows = _rows(books, settings)
    asked = [row for row in rows if (row.badge, row.customer) in subjects or (row.badge, "") in subjects]
    by_badge: dict[str, list[Row]] = {}
    for row in asked:
        by_badge.setdefault(row.badge, []).append(row)
    accounts = [account(badge, told.get(badge, []), of, settings) for badge, of in sorted(by_badge.items())]
    for badge in accounts:
        if (badge.badge, "") not in subjects:
            # Only some of its customers are here: the counts of the badge as a whole would lack the others.
            badge.counts = [count for count in badge.counts if count.scope == "CUSTOMER"]
    return {
        "issuances": tables.issuances(asked),
        "expirations": tables.expirations(asked),
        "breaches": tables.breaches(accounts),
        "cycle_counts": tables.cycle_counts(accounts),
    }


def _heard(books: Books, settings: Settings) -> list[Call]:
    """The calls up to as-of."""
    return [call for call in books.calls if call.processed_at is None or call.processed_at <= settings.as_of]


def _rows(books: Books, settings: Settings) -> list[Row]:
    """The rows up to as-of in processing order, each with its final outcome and its revocation."""
    rows = [row for call in _heard(books, settings) if call.processed_at is not None for row in rows_of(call)]
    rows.sort(key=lambda row: row.order)
    mark_repeats(rows)
    revoke(rows, books.revocations, settings.as_of)
    return rows


def _by_badge(definitions: Sequence[Definition]) -> dict[str, list[Definition]]:
    told: dict[str, list[Definition]] = {}
    for definition in definitions:
        if not definition.refused:
            told.setdefault(definition.badge, []).append(definition)
    return told


def _accounts(told: Mapping[str, Sequence[Definition]], rows: Sequence[Row], settings: Settings) -> list[Badge]:
    by_badge: dict[str, list[Row]] = {}
    for row in rows:
        by_badge.setdefault(row.badge, []).append(row)
    return [
        account(badge, told.get(badge, []), by_badge.get(badge, []), settings)
        for badge in sorted(told.keys() | by_badge.keys())
    ]


def _findings(books: Books, accounts: Sequence[Badge], settings: Settings) -> list[findings.Finding]:
    found = [findings.lone_finding(call) for call in _heard(books, settings) if call.lone]
    for badge in accounts:
        rows_of_requests: dict[tuple[str | None, str], list[Row]] = {}
        for row in badge.rows:
            rows_of_requests.setdefault((row.call.endpoint, row.call.request_id), []).append(row)
        found += findings.row_findings(badge, rows_of_requests) + findings.version_findings(badge)
        found += straddle_findings(badge, settings)
    found += findings.name_findings(accounts)
    enums = [source for source, reason, _ in books.refused if reason == "invalid-enum"]
    return found + findings.field_findings(books.notes) + findings.enum_findings(enums)
