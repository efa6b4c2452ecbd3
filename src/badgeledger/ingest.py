"""Log files become raw rows: tame lines by DuckDB, all others by the careful reader, line by line (RULEBOOK 3).

A line's verdict never depends on its neighbors: the fast reading takes only what it provably reads as the careful
one would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from . import due
from .calendar import zone
from .definitions import OWNERS
from .faults import Point, reached
from .flat_files import PARQUET_MAGIC, FlatRow, LongLine, csv_rows, parquet_rows, separator_of
from .inputs import Input, OpenSource, Sight, Source, find_sources, open_sources
from .records.calls import Call
from .records.documents import begins_with_object, document_records, first_line
from .records.flat_rows import FlatHeader
from .records.refusal import Refusal
from .records.rows import RowWriter
from .records.strict_json import MAX_LINE_BYTES, check_text
from .records.values import Reading
from .sifting import Sifted, ahead, sifted
from .staging import FileResult, reconciliation, sort_records
from .warehouse import Warehouse, first_row, statement

__all__ = ["FileResult", "Input", "ingest"]

_BOM = b"\xef\xbb\xbf"
_MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
_MAX_ROWS_TEXT = 16 * 1024 * 1024


Progress = Callable[[str, int], None]


def ingest(
    warehouse: Warehouse,
    inputs: Sequence[Input],
    base: Path,
    progress: Progress | None = None,
    *,
    retry: bool = False,
    full: bool = False,
    earlier: Sequence[Source] = (),
) -> list[FileResult]:
    """Read every new file into `raw` and sort its records; the caller holds the transaction.

    A file that the file system shows as it was when it was hashed is not hashed again, unless `full` or `retry`.
    `progress` is told of each file and the bytes read of it so far. `retry` takes known files anew of which fewer
    lines are refused now than when they were read. `earlier` are beginnings of files that have grown since.
    Raises :class:`~badgeledger.errors.InputError`.
    """
    sources = [*find_sources(inputs, base), *earlier]
    con = warehouse.con
    seen = _seen(con)
    batch_id = _next(con, "raw.batch", "batch_id")
    con.execute("INSERT INTO raw.batch SELECT $1, now(), $2", [batch_id, len(inputs)])
    reached(Point.BATCH_WRITTEN)
    delivered: list[tuple[Source, str, bool, bool]] = []
    # Years of known files must not take a question each.
    files = _known(con)
    deliveries = set(con.execute("SELECT file_id, path FROM raw.delivery").fetchall())
    sighted: dict[str, tuple[int, Sight]] = {}
    with closing(open_sources(sources, {} if full or retry else seen)) as each:
        for source, opened in each:
            known = files.get(opened.sha256)
            file_id = _read_file(warehouse, source, opened, batch_id, progress) if known is None else known
            if known is not None and retry:
                file_id = _read_again(warehouse, source, opened, batch_id, known, progress)
            again = known is not None and file_id != known
            files[opened.sha256] = file_id
            if again:
                # What was delivered is the file that was read now.
                deliveries = {(file_id if of == known else of, path) for of, path in deliveries}
            if (file_id, source.path) not in deliveries:
                deliveries.add((file_id, source.path))
                con.execute("INSERT INTO raw.delivery SELECT $1, $2, $3", [file_id, batch_id, source.path])
            if opened.sight is not None and (again or opened.sight not in seen):
                sighted[opened.sight.location] = file_id, opened.sight
            reached(Point.FILE_RECORDED)
            delivered.append((source, opened.sha256, known is not None and not again, again))
    _note(con, batch_id, sighted)
    # Only when all lines are in is known which of them are duplicates.
    sort_records(con)
    reached(Point.RECORDS_SORTED)
    counts = reconciliation(con)
    results = []
    for source, sha256, known_before, again in delivered:
        result = replace(counts[sha256], path=source.path, known=known_before, again=again)
        results.append(result)
    return results


def _known(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The numbers of all files by the SHA-256 of their content."""
    return dict(con.execute("SELECT sha256, file_id FROM raw.file").fetchall())


def _seen(con: duckdb.DuckDBPyConnection) -> dict[Sight, str]:
    """The files as they were seen when they were hashed, with what came of that."""
    found = con.execute(
        "SELECT location, device, inode, sighting.bytes, modified_ns, changed_ns, sha256"
        " FROM raw.sighting AS sighting INNER JOIN raw.file AS file USING (file_id)"
    ).fetchall()
    return {Sight(*told): sha256 for *told, sha256 in found}


def _note(con: duckdb.DuckDBPyConnection, batch_id: int, sighted: Mapping[str, tuple[int, Sight]]) -> None:
    """Write down how files were seen, one by each place, under the numbers that they have."""
    if not sighted:
        return
    con.execute("DELETE FROM raw.sighting WHERE location IN (SELECT unnest($1::VARCHAR[]))", [list(sighted)])
    rows = [(file_id, batch_id, *astuple(sight)) for file_id, sight in sighted.values()]
    columns = [list(column) for column in zip(*rows, strict=True)]
    kinds = ("BIGINT", "BIGINT", "VARCHAR", "UBIGINT", "UBIGINT", "BIGINT", "BIGINT", "BIGINT")
    fields = ", ".join(f"unnest(${place}::{kind}[])" for place, kind in enumerate(kinds, start=1))
    con.execute(f"INSERT INTO raw.sighting SELECT {fields}", columns)


def _next(con: duckdb.DuckDBPyConnection, table: str, column: str) -> int:
    return int(first_row(con, f"SELECT coalesce(max({column}), 0) + 1 FROM {table}")[0])


def _read_file(
    warehouse: Warehouse, source: Source, opened: OpenSource, batch_id: int, progress: Progress | None
) -> int:
    con = warehouse.con
    file_id = _next(con, "raw.file", "file_id")
    lines = _FileReader(warehouse, file_id, batch_id, source).read(opened, progress)
    if source.lines not in {None, lines}:
        # Its half last line was a line, for it did not grow while it was read.
        _forget(con, file_id)
        opened.is_whole = True
        lines = _FileReader(warehouse, file_id, batch_id, source).read(opened, progress)
    reached(Point.FILE_READ)
    con.execute(
        "INSERT INTO raw.file SELECT $1, $2, $3, $4, $5, $6",
        [file_id, batch_id, opened.sha256, opened.size, lines, source.zone],
    )
    return file_id


def _read_again(
    warehouse: Warehouse, source: Source, opened: OpenSource, batch_id: int, known: int, progress: Progress | None
) -> int:
    """Read a known file anew if lines of it were refused. The reading that refuses fewer stays, the other is forgotten:
    a file is known as a whole, to the batch that read it.
    """
    con = warehouse.con
    refused = "SELECT count(*) FROM raw.quarantine WHERE file_id = $1"
    before = first_row(con, refused, [known])[0]
    if before == 0:
        return known
    fresh = _read_file(warehouse, source, opened, batch_id, progress)
    better = first_row(con, refused, [fresh])[0] < before
    if better:
        con.execute("UPDATE raw.delivery SET file_id = $1, batch_id = $2 WHERE file_id = $3", [fresh, batch_id, known])
    _forget(con, known if better else fresh)
    if better:
        due.forget(con)
    return fresh if better else known


def _forget(con: duckdb.DuckDBPyConnection, file_id: int) -> None:
    of_a_file = "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'raw' AND column_name = 'file_id'"
    for (table,) in con.execute(f"{of_a_file} ORDER BY table_name").fetchall():
        con.execute(f"DELETE FROM raw.{table} WHERE file_id = $1", [file_id])


class _FileReader:
    """Reads one file's lines into the raw tables; `lines` counts those read so far."""

    def __init__(self, warehouse: Warehouse, file_id: int, batch_id: int, source: Source) -> None:
        self.con = warehouse.con
        self.spill = warehouse.spill
        self.source = source
        self.lines = 0
        self.feed_zone = zone(source.zone) if source.zone else None
        self.rows = RowWriter()
        self.file_id = file_id
        variables = {"file_id": file_id, "batch_id": batch_id}
        for name, value in variables.items():
            self.con.execute(f"SET VARIABLE {name} = {value:d}")
        self.con.execute("SET VARIABLE owner_names = map_from_entries($1::STRUCT(k VARCHAR, v VARCHAR)[])",
                         [[{"k": low, "v": name} for low, name in OWNERS.items()]])  # fmt: skip

    def read(self, opened: OpenSource, progress: Progress | None) -> int:
        separator = separator_of(self.source.path)
        if separator is not None:
            self._read_rows(csv_rows(self._whole_lines(opened), separator), progress, opened)
            return self.lines
        if opened.head(len(PARQUET_MAGIC)) == PARQUET_MAGIC:
            copy = self.spill / "flat.parquet"
            with open(copy, "wb") as file:
                file.writelines(opened.blocks())
            self._read_rows(parquet_rows(self.con, copy, self.source.location), progress, opened)
            copy.unlink()
            return self.lines
        blocks = self._whole_lines(opened)
        for first in blocks:
            if isinstance(first, LongLine) or not self._read_document(first, opened):
                self._read_lines(chain((first,), blocks), progress)
            break
        self._flush()
        return self.lines

    def _read_lines(self, blocks: Iterator[bytes | LongLine], progress: Progress | None) -> None:
        read = 0
        with closing(ahead(sifted(blocks, self.spill))) as found:
            for block in found:
                if isinstance(block, LongLine):
                    self.lines += 1
                    self.rows.refuse(self.lines, self.lines, "line-too-long", block.detail, block.head)
                else:
                    self._read_block(block)
                    read += len(block.text)
                if progress:
                    progress(self.source.path, read)

    def _read_rows(self, rows: Iterator[FlatRow], progress: Progress | None, opened: OpenSource) -> None:
        """Read a file of flat rows, the first of which is its header."""
        first = next(rows, None)
        header = FlatHeader(_header_names(first))
        read = 0
        for row in rows:
            if isinstance(row.raw, LongLine):
                self.lines += 1
                self.rows.refuse(row.line, self.lines, "line-too-long", row.raw.detail, row.raw.head)
                continue
            if row.fields is None and row.is_open and opened.grew:
                # Half a row: the rest is left to the next run, as the half last line of any other file is.
                break
            self.lines += 1
            reading = Reading(self.feed_zone)
            self.rows.read(partial(_flat_record, header, row, reading), row.raw, row.line, self.lines, reading)
            read += len(row.raw)
            if self.lines % 100_000 == 0 and progress:
                progress(self.source.path, read)
            self._flush_when_full()
        self._flush()
        if progress:
            progress(self.source.path, read)

    def _whole_lines(self, opened: OpenSource) -> Iterator[bytes | LongLine]:
        """Blocks that end with a line feed, the last one with the file; a line over the cap comes alone."""
        carry = b""
        first = True
        long_line: LongLine | None = None
        for block in opened.blocks():
            if first:
                block, first = block.removeprefix(_BOM), False
            if long_line is not None:
                end = block.find(b"\n")
                if end < 0:
                    long_line.add(block)
                    continue
                long_line.add(block[:end])
                yield long_line
                long_line, block = None, block[end + 1 :]
            cut = block.rfind(b"\n") + 1
            if cut == len(block) and not carry:
                yield block
            elif cut:
                yield b"".join((carry, memoryview(block)[:cut]))
                carry = block[cut:]
            else:
                carry += block
            if len(carry) > MAX_LINE_BYTES + 1:
                long_line = LongLine()
                long_line.add(carry)
                carry = b""
        if long_line is not None:
            yield long_line
        elif carry and not opened.grew:
            yield carry

    def _read_block(self, block: Sifted) -> None:
        careful = np.flatnonzero(~block.tame)
        if len(careful) < len(block.tame):
            careful = np.union1d(careful, self._read_tame(block.spools, np.flatnonzero(block.tame)))
        for place in careful.tolist():
            start, end = block.places[place].tolist()
            self._read_line(block.text[start:end], self.lines + place + 1, self.lines + place + 1)
        self.lines += len(block.tame)
        self._flush_when_full()

    def _flush_when_full(self) -> None:
        if self.rows.size > _MAX_ROWS_TEXT:
            self._flush()

    def _read_line(self, raw: bytes, line: int, record_no: int) -> None:
        self.rows.read_line(raw, line, record_no, Reading(self.feed_zone))

    def _read_tame(self, spools: Sequence[Path], places: Any) -> Any:
        """Read tame lines by DuckDB; returns the places in the block of those whose call it cannot tell."""
        self.con.execute("SET VARIABLE tame_lines = $1::VARCHAR[]", [list(map(str, spools))])
        first = self.lines + 1
        self._insert_calls(
            f"WITH tame_line AS ({statement('0_lines', 'tame_line')}) "
            f"SELECT * EXCLUDE (line, fits), line + {first} AS line, line + {first} AS record_no "
            f"FROM ({statement('0_lines', 'tame_call')}) WHERE fits"
        )
        told: Any = self.con.execute(
            "SELECT record_no - $1 AS place FROM raw.call WHERE file_id = $2 AND record_no >= $1",
            [first, self.file_id],
        ).fetchnumpy()["place"]
        return np.setdiff1d(places, told)

    def _read_document(self, block: bytes, opened: OpenSource) -> bool:
        """Read the file as one JSON document if it is one (page *readings*)."""
        if first_line(block)[:1] not in (b"{", b"[") or begins_with_object(block):
            return False
        whole = opened.whole(_MAX_DOCUMENT_BYTES)
        records = None if whole is None else document_records(whole.removeprefix(_BOM))
        if records is None:
            return False
        for place, (line, raw) in enumerate(records, start=1):
            self._read_line(raw, line, place)
        self.lines = len(records)
        return True

    def _insert_calls(self, query: str) -> None:
        self.con.execute(f"INSERT INTO raw.call WITH parsed_call AS ({query}) {statement('0_lines', 'call')}")

    def _flush(self) -> None:
        for table, path in self.rows.write(self.spill):
            self.con.execute("SET VARIABLE careful_rows = $1", [str(path)])
            query = statement("0_lines", f"careful_{table}")
            if table == "call":
                self._insert_calls(query)
            else:
                self.con.execute(f"INSERT INTO raw.{table} BY NAME {query}")


def _header_names(row: FlatRow | None) -> list[str] | None:
    """The names in a header; None where there is none that can be read."""
    if row is None or row.fields is None or isinstance(row.raw, LongLine):
        return None
    try:
        row.raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return row.fields


def _flat_record(header: FlatHeader, row: FlatRow, reading: Reading) -> Call:
    assert isinstance(row.raw, bytes)
    check_text(row.raw)
    if any(isinstance(value, str) and "\0" in value for value in row.fields or ()):
        raise Refusal("nul-character", "a NUL character")
    return header.record(row.fields, reading)
