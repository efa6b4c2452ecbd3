"""The second meaning of the rule book: an independent, brute-force audit with the standard library alone.

It reads raw lines, zones and definitions itself, counts by looking at all other rows, and returns the contract's
tables. It shares no code with the engine, so that it can be the tests' oracle, the nightly self-check and `verify`.

`times` and `lines` read scalars and JSON, `fields`, `definitions` and `shapes` records, `calls` requests and their
answers, `cycles` and `counts` do the accounting, `findings` and `tables` tell the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from . import findings, tables
from . import replay as decisions
from .calls import Call, Row, build_calls, date_call, mark_repeats, rows_of, sort_lines
from .counts import Badge, Settings, account
from .definitions import Definition
from .fields import Reader
from .lines import Piece, read_pieces, show_raw
from .shapes import CallLine, read_record
from .times import Zone

__all__ = ["Input", "audit", "check_settings", "recount", "replay"]


class Input(NamedTuple):
    """One file: its path relative to the input root and its decompressed bytes. `sha256` tells files apart that hold
    the same bytes when decompressed; `zone` is that of times without offset.
    """

    path: str
    data: bytes
    sha256: str = ""
    zone: str | None = None


Files = Sequence[Input | tuple[str, bytes]]


class _Books:
    """What reading the files gives: records with their notes, refused pieces, and totals per file."""

    def __init__(self) -> None:
        self.calls: list[CallLine] = []
        self.definitions: list[Definition] = []
        self.notes: dict[int, list[tuple[str, str, str, int]]] = {}
        self.refused: list[tuple[tuple[str, int], str, bytes]] = []
        self.raw: dict[int, bytes] = {}
        self.lines: dict[str, int] = {}
        self.duplicates: dict[str, int] = {}

    def read(self, path: str, data: bytes, feed_zone: Zone | None) -> None:
        """Reads one file."""
        pieces = read_pieces(data)
        self.lines[path] = self.lines.get(path, 0) + len(pieces)
        for piece in pieces:
            self._read_piece(path, piece, feed_zone)

    def _read_piece(self, path: str, piece: Piece, feed_zone: Zone | None) -> None:
        source = (path, piece.line)
        if piece.value is None:
            self.refused.append((source, piece.reason, piece.raw))
            return
        reader = Reader(feed_zone)
        record = read_record(piece.value, reader)
        if record is None or reader.reasons:
            self.refused.append((source, reader.verdict(), piece.raw))
            return
        record.source = source
        self.notes[id(record)] = [(code, path, name, piece.line) for code, name in reader.notes]
        self.raw[id(record)] = piece.raw
        if isinstance(record, Definition):
            self.definitions.append(record)
        else:
            self.calls.append(record)

    def drop(self, record: CallLine | Definition) -> None:
        """Counts a record as a duplicate."""
        self.duplicates[record.source[0]] = self.duplicates.get(record.source[0], 0) + 1
        self.notes.pop(id(record), None)

    def refuse(self, record: CallLine) -> None:
        """Quarantines a record that has no time."""
        self.notes.pop(id(record), None)
        self.refused.append((record.source, "no-time", self.raw[id(record)]))


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
    books = _read(files, feed_zones)
    definitions = _distinct_definitions(books)
    heard = [call for call in _dated_calls(books) if call.processed_at is None or call.processed_at <= as_of_us]
    rows = _rows(heard)
    accounts = _accounts(definitions, rows, settings)
    found = _findings(books, accounts, heard)
    return {
        "badges": tables.badges(accounts, found, settings),
        "issuances": tables.issuances(rows),
        "breaches": tables.breaches(accounts),
        "cycles": tables.cycles(accounts, settings),
        "cycle_counts": tables.cycle_counts(accounts),
        "usage": tables.usage(accounts, settings),
        "expirations": tables.expirations(rows),
        "findings": tables.findings(found),
        "quarantine": _quarantine(books),
        "limits": tables.limits(accounts),
        "daily": tables.daily(accounts, settings),
        "files": _files(books),
    }


def replay(
    files: Files,
    rules: Mapping[str, str],
    as_of_us: int,
    feed_zones: Mapping[str, str] | None = None,
    numbers: Mapping[tuple[str, str], int] | None = None,
) -> list[dict[str, str]]:
    """The table `decisions`: every request decided again (RULEBOOK 10). Arguments and errors are those of `audit`.

    `numbers` replaces the number of a limit, by badge and limit name, in every version that carries it.
    """
    settings = Settings(rules, as_of_us)
    books = _read(files, feed_zones)
    definitions = _by_badge(_distinct_definitions(books))
    heard = [call for call in _dated_calls(books) if call.processed_at is None or call.processed_at <= as_of_us]
    return decisions.table(decisions.decide(definitions, _rows(heard), settings, numbers or {}))


def check_settings(rules: Mapping[str, str], zones: Iterable[str]) -> None:
    """Raises ValueError for a setting or a zone that :func:`audit` would not take."""
    Settings(rules, 0)
    for zone in zones:
        Zone(zone)


def recount(
    files: Files, rules: Mapping[str, str], as_of_us: int, row_keys: Collection[str]
) -> dict[str, list[dict[str, str]]]:
    """The tables `issuances` and `breaches` of these rows alone. Arguments and errors are those of `audit`.

    Each of their counts looks at all other rows; those of other rows are not made, so that a sample of a large log can
    be recounted.
    """
    settings = Settings(rules, as_of_us)
    books = _read(files, None)
    definitions = _distinct_definitions(books)
    rows = _rows([c for c in _dated_calls(books) if c.processed_at is not None and c.processed_at <= as_of_us])
    asked = [row for row in rows if row.key in row_keys]
    by_badge: dict[str, list[Row]] = {row.badge: [] for row in asked}
    for row in rows:
        if row.badge in by_badge:
            by_badge[row.badge].append(row)
    told = _by_badge(definitions)
    accounts = [account(badge, told.get(badge, []), of, settings, row_keys) for badge, of in sorted(by_badge.items())]
    return {"issuances": tables.issuances(asked), "breaches": tables.breaches(accounts)}


def _read(files: Files, feed_zones: Mapping[str, str] | None) -> _Books:
    books = _Books()
    known: set[str] = set()
    # Of equal lines the one in the smallest place is the record, so files are read in the order of their paths.
    for file in sorted((Input(*file) for file in files), key=lambda file: (file.path, file.sha256)):
        digest = file.sha256 or hashlib.sha256(file.data).hexdigest()
        if digest not in known:
            zone = file.zone or (feed_zones or {}).get(file.path)
            books.read(file.path, file.data, None if zone is None else Zone(zone))
        known.add(digest)
    return books


def _rows(calls: Sequence[Call]) -> list[Row]:
    """The rows of calls in processing order, each with its final outcome."""
    rows = [row for call in calls if call.processed_at is not None for row in rows_of(call)]
    rows.sort(key=lambda row: row.order)
    mark_repeats(rows)
    return rows


def _by_badge(definitions: Sequence[Definition]) -> dict[str, list[Definition]]:
    told: dict[str, list[Definition]] = {}
    for definition in definitions:
        if not definition.refused:
            told.setdefault(definition.badge, []).append(definition)
    return told


def _distinct_definitions(books: _Books) -> list[Definition]:
    """Definitions that tell something new; of equal ones the first stands, with the smallest source of all."""
    distinct: dict[tuple[object, ...], Definition] = {}
    # A definition logged without its time is the same record as one that tells the rest and the time.
    for with_time in (True, False):
        for one in books.definitions:
            if (one.logged_at is not None) is not with_time:
                continue
            values = (one.badge, one.org, one.content, one.last_updated, one.created, one.refused)
            key = (*values, one.logged_at)
            same = distinct.get(key)
            if same is None and not with_time:
                same = next((other for key, other in distinct.items() if key[:-1] == values), None)
            if same is None:
                distinct[key] = one
            else:
                same.source = min(same.source, one.source)
                books.drop(one)
    return list(distinct.values())


def _dated_calls(books: _Books) -> list[Call]:
    """Every call with its clock; the lines of a call without any clock go to quarantine."""
    found = sort_lines(books.calls)
    for line in found.duplicates:
        books.drop(line)
    repeated = {id(line) for line in found.duplicates}
    calls = []
    for call in build_calls(found):
        date_call(call)
        has_rows = bool(call.request and call.request.customers) or bool(call.response and call.response.answers)
        if call.processed_at is None and has_rows:
            for line in call.lines:
                if id(line) not in repeated:
                    books.refuse(line)
        else:
            calls.append(call)
    return calls


def _accounts(definitions: Sequence[Definition], rows: Sequence[Row], settings: Settings) -> list[Badge]:
    told = _by_badge(definitions)
    by_badge: dict[str, list[Row]] = {}
    for row in rows:
        by_badge.setdefault(row.badge, []).append(row)
    return [
        account(badge, told.get(badge, []), by_badge.get(badge, []), settings)
        for badge in sorted(told.keys() | by_badge.keys())
    ]


def _findings(books: _Books, accounts: Sequence[Badge], calls: Sequence[Call]) -> list[findings.Finding]:
    found = [findings.lone_finding(call) for call in calls if call.lone]
    for badge in accounts:
        rows_of_requests: dict[tuple[str | None, str], list[Row]] = {}
        for row in badge.rows:
            rows_of_requests.setdefault((row.call.endpoint, row.call.request_id), []).append(row)
        found += findings.row_findings(badge, rows_of_requests) + findings.version_findings(badge)
    found += findings.name_findings(accounts)
    notes = [note for notes_of_record in books.notes.values() for note in notes_of_record]
    enums = [source for source, reason, _ in books.refused if reason == "invalid-enum"]
    return found + findings.field_findings(notes) + findings.enum_findings(enums)


def _quarantine(books: _Books) -> list[dict[str, str]]:
    return [
        {"source_file": source[0], "source_line": str(source[1]), "reason": reason, "raw": show_raw(raw)}
        for source, reason, raw in sorted(books.refused, key=lambda item: item[0])
    ]


def _files(books: _Books) -> list[dict[str, str]]:
    table = []
    for path, lines in sorted(books.lines.items()):
        refused = sum(1 for source, _, _ in books.refused if source[0] == path)
        duplicate = books.duplicates.get(path, 0)
        table.append(
            {
                "path": path,
                "lines": str(lines),
                "accepted": str(lines - duplicate - refused),
                "duplicate": str(duplicate),
                "quarantined": str(refused),
            }
        )
    return table
