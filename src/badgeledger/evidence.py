"""What a published report folder says: its manifest, the rows of its tables as text, and where two of them part.

It reads with the standard library, pydantic and Polars alone: `verify` must not lean on the program that it proves.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from .errors import DifferenceFound, UsageError
from .reports.tables import TABLES, Table

MANIFEST = "manifest.json"
PAGE = "report.html"
TABLE_FORMATS = ("csv", "parquet")
Row = Sequence[str]

_CHUNK_BYTES = 1 << 20
_PARQUET_ROWS = 50_000
_CELL_CHARACTERS = 120
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# No text of the data holds a bare quote or bracket: only the page itself can name its manifest like this.
_PRINTED = re.compile(r'(?:<code id="manifest-hash">|\\a manifest )([^"<]*)(?:</code>|";)')
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Count = Annotated[int, Field(ge=0)]


def _instant(text: str) -> str:
    _microseconds(text)
    return text


def _microseconds(text: str) -> int:
    return (datetime.fromisoformat(text).astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class ReadFile(_Model):
    """A file as it was read: `bytes` is its size then, `zone` that of its feed."""

    path: str
    sha256: _Hash
    bytes: _Count
    zone: str | None
    lines: _Count


class KnownInput(ReadFile):
    """A file that the report knows, with what became of its lines."""

    accepted: _Count
    duplicate: _Count
    quarantined: _Count


class Output(_Model):
    """A file of the report; `rows` is None where it is not a table. `of` is how many rows the table has in all, where
    the report holds open ones alone.
    """

    rows: _Count | None
    sha256: _Hash
    of: _Count | None = None


class KnownAt(_Model):
    """All inputs as one number and one digest."""

    inputs: _Count
    sha256: _Hash


class Settings(_Model):
    """The settings of the run: `rules` are the rule book's."""

    rules: dict[str, str]
    rows: str
    formats: list[str]
    waivers: list[dict[str, str]] = []


class Content(_Model):
    """What stands in `manifest.json` (CONTRACT, Report folder)."""

    name: str
    versions: dict[str, str]
    settings: Settings
    as_of: Annotated[str, AfterValidator(_instant)]
    known_at: KnownAt
    since: _Hash | None
    since_rebuilt: bool = False
    no_input: bool
    open_from: Annotated[str, AfterValidator(_instant)] | None = None
    self_check: dict[str, _Count] | None = None
    pseudonyms: _Hash | None = None
    inputs: list[KnownInput]
    outputs: dict[str, Output]

    @property
    def as_of_us(self) -> int:
        """As-of in microseconds since the epoch."""
        return _microseconds(self.as_of)

    @property
    def open_from_us(self) -> int | None:
        """The instant from which on rows are open, in microseconds; None when all are."""
        return None if self.open_from is None else _microseconds(self.open_from)

    def expected_outputs(self) -> list[str]:
        """The files that a report of these formats holds, beside its manifest."""
        kinds = self.settings.formats
        tables = [f"{name}.{kind}" for name in TABLES for kind in TABLE_FORMATS if kind in kinds]
        return tables + [f"report.{kind}" for kind in ("html", "xlsx") if kind in kinds]


@dataclass(frozen=True)
class Manifest:
    """The manifest of a report folder and the SHA-256 of its bytes; `printed_sha256` is the hash by which a page names
    it."""

    folder: Path
    content: Content
    sha256: str
    printed_sha256: str
    canonical: bool


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be: `where` in the folder, what was `expected`, what was `found`."""

    where: str
    expected: str
    found: str


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder. Raises UsageError when there is no folder, DifferenceFound when it has no manifest."""
    if not folder.is_dir():
        raise UsageError(
            where=str(folder),
            expected="a report folder",
            found="a file" if folder.exists() else "nothing there",
            next_step="Name the folder of a report, such as build/reports/2026-03-01.",
        )
    try:
        data = (folder / MANIFEST).read_bytes()
        values = json.loads(data)
        content = Content.model_validate(values)
    except FileNotFoundError:
        raise _no_manifest(folder, "none: this is no report, or not a whole one") from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise _no_manifest(folder, f"at {place}: {problem['msg'][:1].lower()}{problem['msg'][1:]}") from None
    except (ValueError, RecursionError) as error:
        raise _no_manifest(folder, f"no JSON ({error})") from None
    canonical = data == (json.dumps(values, indent=2) + "\n").encode()
    return Manifest(folder, content, hashlib.sha256(data).hexdigest(), _printed_hash(values), canonical)


def _printed_hash(values: dict[str, Any]) -> str:
    """All that a manifest says but its entry of the page, as JSON with sorted keys, without white space, in ASCII."""
    outputs = {name: entry for name, entry in values["outputs"].items() if name != PAGE}
    text = json.dumps(values | {"outputs": outputs}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def printed_hashes(page: str) -> set[str]:
    """Every hash by which the text of a page names its manifest: in its words, and in the margin of each sheet."""
    return set(_PRINTED.findall(page))


def _no_manifest(folder: Path, found: str) -> DifferenceFound:
    return DifferenceFound(
        where=str(folder / MANIFEST),
        expected="the manifest of a report",
        found=found,
        next_step="The folder was changed, is incomplete, or another version of badgeledger made it.",
    )


def digest_of_inputs(inputs: Iterable[KnownInput]) -> str:
    """The one digest over all inputs: a line `sha256  path` each, in order of path."""
    lines = sorted((entry.path, entry.sha256) for entry in inputs)
    text = "".join(f"{sha256}  {path}\n" for path, sha256 in lines)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def file_sha256(path: Path, size: int | None = None) -> str:
    """SHA-256 in hex of a file, or of its first `size` bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        left = path.stat().st_size if size is None else size
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a table of a report, the header first, as the text of its CSV. Raises ValueError for other bytes."""
    return _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)


def _csv_rows(path: Path) -> Iterator[Row]:
    csv.field_size_limit(1 << 30)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.reader(file, strict=True)
    except csv.Error as error:
        raise ValueError(str(error)) from None


def _parquet_rows(path: Path) -> Iterator[Row]:
    import polars as pl

    try:
        frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        schema = frame.collect_schema()
        yield schema.names()
        texts = [_text_of(kind) for kind in schema.dtypes()]
        start = 0
        while (part := frame.slice(start, _PARQUET_ROWS).collect()).height:
            for row in part.iter_rows():
                yield ["" if cell is None else text(cell) for text, cell in zip(texts, row, strict=True)]
            start += part.height
    except (pl.exceptions.PolarsError, OverflowError, pl.exceptions.PanicException) as error:
        raise ValueError(str(error).splitlines()[0]) from None


def _text_of(kind: Any) -> Callable[[Any], str]:
    """How a value of a Parquet column is written in CSV."""
    import polars as pl

    if isinstance(kind, pl.Datetime):
        return _instant_text
    if kind == pl.Date:
        return date.isoformat
    if kind == pl.Boolean:
        return lambda cell: "true" if cell else "false"
    return str


def _instant_text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def first_row_difference(
    table: Table, where: str, expected: Iterable[Row], found: Iterable[Row], *, free: frozenset[str] = frozenset()
) -> Difference | None:
    """Where two runs of rows of a table, without headers, first part. Cells of the columns in `free` may differ."""
    judged = [place for place, name in enumerate(table.columns) if name not in free]
    for number, (wanted, seen) in enumerate(zip_longest(expected, found), start=1):
        place = f"{where}, row {number:,}"
        if wanted is None or seen is None or len(seen) != len(table.columns):
            return Difference(place, _row_text(table, wanted), _row_text(table, seen))
        other = next((column for column in judged if wanted[column] != seen[column]), None)
        if other is None:
            continue
        if other < table.key_length:
            return Difference(place, _row_text(table, wanted), _row_text(table, seen))
        return Difference(
            f"{place} ({_key_text(table, wanted)}), column {table.columns[other]}",
            _cell(wanted[other]),
            _cell(seen[other]),
        )
    return None


def first_byte_difference(where: str, expected: Path, found: Path) -> Difference | None:
    """Where two files first part, by the place of a byte, from 0."""
    place = 0
    with expected.open("rb") as wanted, found.open("rb") as seen:
        while (left := wanted.read(_CHUNK_BYTES)) == (right := seen.read(_CHUNK_BYTES)):
            if not left:
                return None
            place += len(left)
    shorter = min(len(left), len(right))
    at = next((n for n in range(shorter) if left[n] != right[n]), shorter)
    return Difference(f"{where}, byte {place + at:,}", _byte(left, at), _byte(right, at))


def _byte(data: bytes, place: int) -> str:
    return f"0x{data[place]:02x}" if place < len(data) else "the end of the file"


def _row_text(table: Table, row: Row | None) -> str:
    if row is None:
        return "the end of the table"
    if len(row) != len(table.columns):
        return f"a row of {len(row)} cells"
    return f"the row {_key_text(table, row)}"


def _key_text(table: Table, row: Row) -> str:
    return ", ".join(f"{name} {_cell(cell)}" for name, cell in zip(table.key, row, strict=False))


def _cell(text: str) -> str:
    if not text:
        return "none"
    return text if len(text) <= _CELL_CHARACTERS else f"{text[:_CELL_CHARACTERS]}… ({len(text):,} characters)"
