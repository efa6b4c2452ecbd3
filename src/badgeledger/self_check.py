"""The self-check of every night: a sample of subjects, recounted by the witness from their raw lines alone.

The warehouse knows file and line of every record, so only these lines are read, wherever the inputs still stand. What
as-of it is decides the sample: the same night draws the same subjects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from . import evidence, runs, witness
from .errors import InternalCheckFailed
from .evidence import KnownInput
from .raw_inputs import RawInputs
from .reports.tables import TABLES, write_rows
from .settings import Rules
from .text import counted, number
from .warehouse import Warehouse, first_row, statement

TABLES_CHECKED = ("issuances", "expirations", "breaches", "cycle_counts")
# Of equal records another line may be the one that is told: where a row came from is not compared.
_FREE = frozenset({"source_file", "source_line"})
_FOLDER = "7_self_check"
_OF_ROWS = "report.numbered_{name} AS t WHERE row_no IN (FROM checked_row)"
_CHECKED = {
    "cycle_counts": (
        "report.cycle_counts AS t"
        " WHERE (badge_id, customer_id) IN (SELECT (badge_id, customer_id) FROM checked_subject)"
        " OR badge_id IN (SELECT badge_id FROM checked_subject WHERE customer_id = '')"
    )
}
_DRAWN_FOR_EACH = 7
_MILLION = 1_000_000
# The witness looks at all other rows of a subject for each of its rows: so many looks take it a second or two.
_MOST_LOOKS = 40_000_000
_MOST_LINES = 10_000
_MOST_BYTES = 2 * 1024**3
# A line of a bulk call tells of many customers, and all of them are read.
_MOST_CUSTOMERS = 40_000
# What a file of compressed lines costs to read, beside its size on disk.
_UNPACKED = 8

Subject = tuple[str, str]
Lines = dict[int, set[int]]


@dataclass(frozen=True)
class SelfCheck:
    """What the self-check did: how many `subjects` were drawn and how many of them `recounted`, from how many raw
    `lines` and with how many `rows` of tables. The raw lines of the others are not where they were, not as they were,
    or part of a large document. `passed_over` are subjects of more rows or lines than could be recounted beside the
    others; the next in drawn order took their places.
    """

    subjects: int
    recounted: int
    lines: int
    rows: int
    passed_over: int

    @property
    def missing(self) -> int:
        """Subjects that could not be recounted."""
        return self.subjects - self.recounted

    def text(self) -> str:
        """The result in a sentence without a full stop."""
        done = f"{number(self.recounted)} of {counted(self.subjects, 'subject')} recounted"
        told = f"{done} from {counted(self.lines, 'raw line')}, {counted(self.rows, 'row')} of tables agree"
        if self.passed_over:
            told += f"; {number(self.passed_over)} passed over: too many rows or lines"
        if self.missing:
            told += f"; {number(self.missing)} not: their raw lines have moved or changed, or are hard to get at"
        return told


@dataclass(frozen=True)
class _Drawn:
    """The subjects drawn with the lines that tell of each, the files of these lines, and how many were passed over."""

    subjects: dict[Subject, Lines]
    files: dict[int, KnownInput]
    passed_over: int


def recount_sample(
    warehouse: Warehouse,
    con: duckdb.DuckDBPyConnection,
    rules: Rules,
    as_of_us: int,
    size: int,
    given: Sequence[str],
    progress: Callable[[str], None],
) -> SelfCheck | None:
    """As :func:`self_check`, from the inputs `given` now or to earlier runs; None for a `size` of 0."""
    if size == 0:
        return None
    progress("check: recounting a sample of subjects")
    roots = [*map(Path, given), *runs.inputs_given(warehouse)]
    return self_check(con, rules, as_of_us, size=size, roots=roots, spill=warehouse.spill)


def self_check(
    con: duckdb.DuckDBPyConnection, rules: Rules, as_of_us: int, *, size: int, roots: Sequence[Path], spill: Path
) -> SelfCheck:
    """Recount `size` subjects of the ledger of `con`; `roots` are files and folders in which raw inputs may stand.

    Raises InternalCheckFailed, which names the subject, when a table shows another row than the witness.
    """
    drawn = _draw(con, size)
    raw = RawInputs(roots)
    found = _published(con, drawn.subjects, spill)
    inputs = _read(raw, drawn)
    while True:
        checked = {subject: lines for subject, lines in drawn.subjects.items() if lines.keys() <= inputs.keys()}
        told = _by_subject(
            witness.recount_subjects(list(inputs.values()), rules.model_dump(), as_of_us, checked), checked
        )
        fault = next(filter(None, (_fault(subject, told[subject], found[subject]) for subject in checked)), None)
        if fault is None:
            break
        changed = {file_id for file_id in inputs if raw.is_changed(drawn.files[file_id])}
        if not changed:
            raise fault
        # A file that is no longer what was read proves nothing; neither do its lines about other subjects.
        inputs = {file_id: lines for file_id, lines in inputs.items() if file_id not in changed}
    lines = {(file_id, line) for places in checked.values() for file_id, of in places.items() for line in of}
    rows = sum(len(of) for subject in checked for of in found[subject].values())
    return SelfCheck(len(drawn.subjects), len(checked), len(lines), rows, drawn.passed_over)


def _draw(con: duckdb.DuckDBPyConnection, size: int) -> _Drawn:
    """As many subjects as asked for whose files can be read in reasonable time, the first in drawn order."""
    for name, value in (
        ("most_subjects", _DRAWN_FOR_EACH * size),
        ("most_rows", isqrt(_MOST_LOOKS)),
        ("most_lines", _MOST_LINES),
    ):
        con.execute(f"SET VARIABLE {name} = {value:d}")
    issuances = first_row(con, "SELECT count(*) FROM staging.answered_row")[0]
    share = 0
    # There are as many customers of badges as issuances, or fewer: the share grows until enough of them are drawn.
    while share < _MILLION and (not share or _count(con, "drawn_subject") < _DRAWN_FOR_EACH * size):
        share = min(_MILLION, 10 * share or 4 * _DRAWN_FOR_EACH * size * _MILLION // max(1, issuances) + 1)
        con.execute(f"SET VARIABLE drawn_share = {share:d}")
        _make(con, "drawn_subject")
    _make(con, "subject_line")
    files = {
        file_id: KnownInput(
            path=path, sha256=sha, bytes=size, zone=zone, lines=n, accepted=0, duplicate=0, quarantined=0
        )
        for file_id, path, sha, size, zone, n in con.execute(
            "SELECT file_id, path, sha256, bytes, zone, raw.file.lines FROM raw.file INNER JOIN staging.source"
            " USING (file_id, sha256)"
        ).fetchall()
    }
    rows: dict[Subject, int] = {
        (badge, customer): many
        for badge, customer, many in con.execute(
            "SELECT badge_id, customer_id, row_count FROM temp.drawn_subject ORDER BY subject_no"
        ).fetchall()
    }
    lines: dict[Subject, Lines] = {}
    widths: dict[tuple[int, int], int] = {}
    for badge, customer, file_id, line, width in con.execute(
        "SELECT badge_id, customer_id, file_id, line, width FROM temp.drawn_subject INNER JOIN temp.subject_line"
        " USING (subject_no) ORDER BY subject_no, file_id, line"
    ).fetchall():
        lines.setdefault((badge, customer), {}).setdefault(file_id, set()).add(line)
        widths[file_id, line] = width
    return _chosen(rows, lines, files, widths, size)


def _make(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {relation} AS {statement(_FOLDER, relation)}")


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    return int(first_row(con, f"SELECT count(*) FROM temp.{relation}")[0])


def _chosen(
    rows: Mapping[Subject, int],
    lines: Mapping[Subject, Lines],
    files: Mapping[int, KnownInput],
    widths: Mapping[tuple[int, int], int],
    size: int,
) -> _Drawn:
    """The first subjects whose rows, files and lines are not too much together; others are passed over: first those
    that take more than one of so many may, and these only as far as there is room for them.
    """
    chosen: dict[Subject, Lines] = {}
    opened: set[int] = set()
    read: set[tuple[int, int]] = set()
    looks = size_read = customers = 0
    for share in (size, 1):
        for subject, many in rows.items():
            if len(chosen) == size:
                break
            # A subject of very many rows or lines has none here.
            places = lines.get(subject, {})
            more_files = places.keys() - opened
            more_lines = {(file_id, line) for file_id, of in places.items() for line in of} - read
            more_bytes = sum(_cost(files[file_id]) for file_id in more_files)
            more_customers = sum(widths[place] for place in more_lines)
            if (
                not places
                or subject in chosen
                or max(looks + many**2, share * many**2) > _MOST_LOOKS
                or size_read + more_bytes > _MOST_BYTES
                or max(customers + more_customers, share * more_customers) > _MOST_CUSTOMERS
            ):
                continue
            chosen[subject] = places
            opened |= more_files
            read |= more_lines
            looks, size_read, customers = looks + many**2, size_read + more_bytes, customers + more_customers
    last = max((place for place, subject in enumerate(rows, start=1) if subject in chosen), default=0)
    passed_over = (last if len(chosen) == size else len(rows)) - len(chosen)
    return _Drawn(chosen, {file_id: files[file_id] for file_id in opened}, passed_over)


def _cost(entry: KnownInput) -> int:
    return entry.bytes * (_UNPACKED if entry.path.endswith((".gz", ".zst")) else 1)


def _read(raw: RawInputs, drawn: _Drawn) -> dict[int, witness.Input]:
    """The lines of all subjects, file by file, of those that stand there."""
    wanted: Lines = defaultdict(set)
    for places in drawn.subjects.values():
        for file_id, lines in places.items():
            wanted[file_id] |= lines
    read = {file_id: raw.some_lines(drawn.files[file_id], lines) for file_id, lines in wanted.items()}
    return {file_id: lines for file_id, lines in read.items() if lines is not None}


_Rows = dict[Subject, dict[str, list[list[str]]]]


def _published(con: duckdb.DuckDBPyConnection, subjects: Collection[Subject], spill: Path) -> _Rows:
    """What the report says of each subject, as the text of its CSV files."""
    badges, customers = [badge for badge, _ in subjects], [customer for _, customer in subjects]
    con.execute(
        "CREATE OR REPLACE TEMP TABLE checked_subject AS"
        " SELECT unnest($1::VARCHAR[]) AS badge_id, unnest($2::VARCHAR[]) AS customer_id",
        [badges, customers],
    )
    _make(con, "checked_row")
    told = {}
    with TemporaryDirectory(prefix="self-check-", dir=spill) as folder:
        for name in TABLES_CHECKED:
            path = Path(folder) / f"{name}.csv"
            write_rows(con, TABLES[name], "csv", path, _CHECKED.get(name, _OF_ROWS.format(name=name)))
            header, *rows = evidence.rows_of(path)
            told[name] = [dict(zip(header, row, strict=True)) for row in rows]
    return _by_subject(told, subjects)


def _by_subject(told: Mapping[str, Iterable[Mapping[str, str]]], subjects: Collection[Subject]) -> _Rows:
    """The rows of each subject, sorted as text; those of no subject are left out."""
    rows: _Rows = {subject: {name: [] for name in TABLES_CHECKED} for subject in subjects}
    for name in TABLES_CHECKED:
        for row in told[name]:
            cells = [row[column] for column in TABLES[name].columns]
            whole, one = (row["badge_id"], ""), (row["badge_id"], row["customer_id"])
            if whole in rows:
                rows[whole][name].append(cells)
            if one in rows and one != whole and _is_of_customer(name, row):
                rows[one][name].append(cells)
    for tables in rows.values():
        for of in tables.values():
            of.sort()
    return rows


def _is_of_customer(name: str, row: Mapping[str, str]) -> bool:
    return name != "breaches" or row["scope"] == "CUSTOMER"


def _fault(
    subject: Subject, told: Mapping[str, Sequence[Sequence[str]]], found: Mapping[str, Sequence[Sequence[str]]]
) -> InternalCheckFailed | None:
    badge, customer = subject
    for name in TABLES_CHECKED:
        table = TABLES[name]
        difference = evidence.first_row_difference(table, f"table {name}", told[name], found[name], free=_FREE)
        if difference is not None:
            return InternalCheckFailed(
                where=f"the self-check of badge {badge}, {f'customer {customer}' if customer else 'all customers'}:"
                f" {difference.where}",
                expected=f"{difference.expected}, as the second program counts from the raw lines",
                found=difference.found,
                next_step="Nothing was published. Please report this with the lines of that subject;"
                " self_check = 0 under [check] publishes without this check.",
            )
    return None
