"""Reading the files: records, duplicates and refused lines, each counted once (RULEBOOK 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from .calls import Call, build_calls, date_call, rows_of, sort_lines
from .definitions import Definition, md5
from .dumps import Dump
from .events import EVENT
from .fields import Reader
from .flat import delimiter_of, is_parquet, read_csv, read_parquet
from .halves import CallLine
from .lines import Piece, read_pieces, show_raw
from .revocations import Revocation
from .shapes import Record, read_flat_row, read_record
from .times import Zone


class Input(NamedTuple):
    """One file: its path relative to the input root and its decompressed bytes. `sha256` tells files apart that hold
    the same bytes when decompressed; `zone` is that of times without offset.
    """

    path: str
    data: bytes
    sha256: str = ""
    zone: str | None = None


Files = Sequence[Input | tuple[str, bytes]]


class _Valued(Protocol):
    """A record that is the same as another of equal `values`."""

    source: tuple[str, int]

    @property
    def values(self) -> Hashable: ...


ValuedRecord = TypeVar("ValuedRecord", bound=_Valued)


class Books:
    """What the files tell. `definitions`, `calls`, `revocations` and `dumps` are distinct records; `notes` (finding
    code, file, field, line) are those of accepted lines, `refused` the pieces in quarantine.
    """

    def __init__(self, files: Files, feed_zones: Mapping[str, str] | None) -> None:
        self.refused: list[tuple[tuple[str, int], str, bytes]] = []
        self._notes: dict[int, list[tuple[str, str, str, int]]] = {}
        self._raw: dict[int, bytes] = {}
        self._lines: dict[str, int] = {}
        self._duplicates: dict[str, int] = {}
        self._records: list[Record] = []
        known: set[str] = set()
        # Of equal lines the one in the smallest place is the record, so files are read in the order of their paths.
        for file in sorted((Input(*file) for file in files), key=lambda file: (file.path, file.sha256)):
            digest = file.sha256 or hashlib.sha256(file.data).hexdigest()
            if digest not in known:
                zone = file.zone or (feed_zones or {}).get(file.path)
                self._read(file.path, file.data, None if zone is None else Zone(zone))
            known.add(digest)
        self.definitions = self._distinct_definitions([one for one in self._records if isinstance(one, Definition)])
        self.calls = self._dated_calls([one for one in self._records if isinstance(one, CallLine)])
        self.revocations = self._distinct([one for one in self._records if isinstance(one, Revocation)])
        self.dumps = self._distinct([one for one in self._records if isinstance(one, Dump)])

    @property
    def notes(self) -> list[tuple[str, str, str, int]]:
        """Repaired units and conflicts of time in accepted lines."""
        return [note for notes_of_record in self._notes.values() for note in notes_of_record]

    def _read(self, path: str, data: bytes, feed_zone: Zone | None) -> None:
        delimiter = delimiter_of(path)
        if delimiter is not None:
            pieces = read_csv(data, delimiter)
        else:
            pieces = read_parquet(data) if is_parquet(data) else read_pieces(data)
        self._lines[path] = self._lines.get(path, 0) + len(pieces)
        for piece in pieces:
            self._read_piece(path, piece, feed_zone)

    def _read_piece(self, path: str, piece: Piece, feed_zone: Zone | None) -> None:
        source = (path, piece.line)
        if piece.value is None:
            self.refused.append((source, piece.reason, piece.raw))
            return
        reader = Reader(feed_zone)
        record = read_flat_row(piece.value, piece.header, reader) if piece.header else read_record(piece.value, reader)
        if record is None:
            self.refused.append((source, reader.verdict(), piece.raw))
            return
        record.source = source
        self._records.append(record)
        self._notes[id(record)] = [(code, path, name, piece.line) for code, name in reader.notes]
        self._raw[id(record)] = piece.raw

    def _drop(self, record: Record | _Valued) -> None:
        """Counts a record as a duplicate."""
        self._duplicates[record.source[0]] = self._duplicates.get(record.source[0], 0) + 1
        self._notes.pop(id(record), None)

    def _distinct(self, records: Sequence[ValuedRecord]) -> list[ValuedRecord]:
        """Records of equal values are one, with the smallest source of all."""
        distinct: dict[Hashable, ValuedRecord] = {}
        for one in records:
            same = distinct.setdefault(one.values, one)
            if same is not one:
                same.source = min(same.source, one.source)
                self._drop(one)
        return list(distinct.values())

    def _distinct_definitions(self, definitions: Sequence[Definition]) -> list[Definition]:
        """Definitions that tell something new; of equal ones the first stands, with the smallest source of all."""
        distinct: dict[tuple[object, ...], Definition] = {}
        # A definition logged without its time is the same record as one that tells the rest and the time.
        for with_time in (True, False):
            for one in definitions:
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
                    self._drop(one)
        # Tags are no content: those of every line that tells a version are its tags.
        tags: dict[tuple[object, ...], set[str]] = {}
        for one in definitions:
            if not one.refused:
                tags.setdefault((one.badge, one.in_force, one.content), set()).update(one.tags)
        for one in distinct.values():
            one.tags = tags.get((one.badge, one.in_force, one.content), set())
        return list(distinct.values())

    def _dated_calls(self, lines: Sequence[CallLine]) -> list[Call]:
        """Every call with its clock; the lines of a call without any clock go to quarantine."""
        found = sort_lines(lines)
        dropped = {id(line) for line in found.duplicates}
        for line in found.duplicates:
            self._drop(line)
        calls = []
        for call in build_calls(found):
            date_call(call)
            # Of a response that answers nobody there is nothing to date; a request is always to be dated.
            to_date = call.request is not None or bool(call.response and call.response.answers)
            if call.processed_at is None and to_date:
                for line in call.lines:
                    if id(line) not in dropped:
                        self._notes.pop(id(line), None)
                        self.refused.append((line.source, "no-time", self._raw[id(line)]))
            else:
                calls.append(call)
        told_again = told_again_among(calls)
        for call in told_again:
            for line in call.lines:
                if id(line) not in dropped:
                    self._drop(line)
        again = {id(call) for call in told_again}
        return [call for call in calls if id(call) not in again]

    def quarantine(self) -> list[dict[str, str]]:
        """The table of that name."""
        return [
            {"source_file": source[0], "source_line": str(source[1]), "reason": reason, "raw": show_raw(raw)}
            for source, reason, raw in sorted(self.refused, key=lambda item: item[0])
        ]

    def files(self) -> list[dict[str, str]]:
        """Per file: lines read = accepted + duplicate + quarantined."""
        table = []
        for path, lines in sorted(self._lines.items()):
            refused = sum(1 for source, _, _ in self.refused if source[0] == path)
            duplicate = self._duplicates.get(path, 0)
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


def told_again_among(calls: Sequence[Call]) -> list[Call]:
    """Events and own flat rows whose row id a call tells, or another of them that comes first."""
    told: set[tuple[str, str, str, str]] = set()
    alone: list[tuple[tuple[str, str, str, str], Call]] = []
    for call in calls:
        for row in rows_of(call) if call.processed_at is not None else []:
            if row.outcome == "ACCEPTED" and row.row_id is not None:
                known_by = (row.badge, row.customer, row.kind, row.row_id)
                if call.of_no_call:
                    alone.append((known_by, call))
                else:
                    told.add(known_by)
    again = []
    for known_by, call in sorted(alone, key=lambda item: _precedence(item[1])):
        if known_by in told:
            again.append(call)
        told.add(known_by)
    return again


def _precedence(call: Call) -> tuple[object, ...]:
    """Events before flat rows, then by log time, none last, and content."""
    untimed = call.logged_at is None
    response_key = "" if call.response is None else md5(call.response.text())
    return (call.endpoint != EVENT, untimed, call.logged_at or 0, call.request_key, response_key, call.source)
