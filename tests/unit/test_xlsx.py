"""report.xlsx, read back by the standard library alone: text stays text, dates are dates, nothing is cut in silence."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import fake_report
import pytest

from badgeledger.reports.tables import TABLES
from badgeledger.reports.xlsx import SHEETS, write_xlsx

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Book:
    """A workbook as sheets of rows: a cell is text, a number, a Boolean, or missing."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as file:
            self.parts = {name: file.read(name) for name in file.namelist()}
        self.shared = [
            "".join(node.itertext()) for node in self._xml("xl/sharedStrings.xml").iter(f"{MAIN}si")
        ] if "xl/sharedStrings.xml" in self.parts else []  # fmt: skip
        targets = {one.get("Id"): one.get("Target") for one in self._xml("xl/_rels/workbook.xml.rels")}
        self.paths = {
            sheet.get("name", ""): f"xl/{targets[sheet.get(LINK)]}"
            for sheet in self._xml("xl/workbook.xml").iter(f"{MAIN}sheet")
        }

    def _xml(self, part: str) -> ElementTree.Element:
        return ElementTree.fromstring(self.parts[part])

    def formulas(self) -> int:
        return sum(1 for path in self.paths.values() for _ in self._xml(path).iter(f"{MAIN}f"))

    def rows(self, sheet: str) -> list[dict[str, str | float | bool]]:
        """The rows of a sheet, each a dict from column letter to value."""
        found = []
        for row in self._xml(self.paths[sheet]).iter(f"{MAIN}row"):
            cells: dict[str, str | float | bool] = {}
            for cell in row.iter(f"{MAIN}c"):
                letters = re.match("[A-Z]+", cell.get("r", ""))
                assert letters
                value = self._value(cell)
                if value is not None:
                    cells[letters.group()] = value
            found.append(cells)
        return found

    def table(self, sheet: str) -> list[dict[str, str | float | bool]]:
        """The rows below the heads in the second row, by name of column."""
        _, heads, *rows = self.rows(sheet)
        return [{str(heads[letters]): value for letters, value in row.items()} for row in rows]

    def _value(self, cell: ElementTree.Element) -> str | float | bool | None:
        kind, inner = cell.get("t"), cell.find(f"{MAIN}v")
        if kind == "inlineStr":
            return "".join(cell.itertext())
        if inner is None or inner.text is None:
            return None
        if kind == "s":
            return self.shared[int(inner.text)]
        return inner.text == "1" if kind == "b" else float(inner.text)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        fake_report.fill(connection, 1_500)
        yield connection


@pytest.fixture(scope="module")
def path(con: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("book") / "report.xlsx"
    write_xlsx(con, written, fake_report.context())
    return written


@pytest.fixture(scope="module")
def book(path: Path) -> Book:
    return Book(path)


def test_every_sheet_holds_every_row_and_column_of_its_table(con: duckdb.DuckDBPyConnection, book: Book) -> None:
    assert list(book.paths) == ["Summary", "Read me", *SHEETS.values()]
    for table, sheet in SHEETS.items():
        count = con.execute(f"select count(*) from report.{table}").fetchone()
        assert count
        heads = [str(head) for head in book.rows(sheet)[1].values() if not str(head).endswith(" (exact)")]
        assert len(book.table(sheet)) == count[0], sheet
        if table in TABLES:
            assert tuple(heads) == TABLES[table].columns


def test_values_come_back_as_they_are(con: duckdb.DuckDBPyConnection, book: Book) -> None:
    rows = con.execute(
        "select breach_id, badge_id, customer_id, count, excess, epoch_us(processed_at), source_line "
        "from report.breaches order by breach_id"
    ).fetchall()
    found = sorted(book.table("Breaches"), key=lambda row: str(row["breach_id"]))
    for row, cells in zip(rows, found, strict=True):
        names = ("breach_id", "badge_id", "customer_id", "count", "excess")
        assert tuple(cells[name] for name in names) == row[:5]
        assert cells["source_line"] == row[6]
        assert cells["processed_at (exact)"] == exact(row[5])
        assert abs(float(cells["processed_at"]) - (row[5] / 86_400e6 + 25_569)) < 1e-8
    badge = book.table("Badges")[0]
    assert badge["active"] is True
    assert book.table("Daily")[0]["day"] == (datetime(2024, 3, 1) - datetime(1899, 12, 30)).days


def exact(us: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(microseconds=us)).isoformat(timespec="microseconds") + "Z"


def test_hostile_text_is_text_and_never_a_formula(book: Book) -> None:
    names = {str(row["name"]) for row in book.table("Badges")}
    assert "<script>alert(1)</script> =HYPERLINK(\"x\") \\x1b[31mred \\u202egnp.exe & 'quotes'" in names
    assert book.formulas() == 0
    assert not any(b"\x1b" in part or "\u202e".encode() in part for part in book.parts.values())


def test_an_id_of_digits_stays_text(book: Book) -> None:
    assert all(isinstance(row["customer_id"], str) for row in book.table("Breaches"))


def test_the_summary_states_verdict_counts_and_origin(con: duckdb.DuckDBPyConnection, book: Book) -> None:
    lines = {str(row.get("A", "")): row.get("B") for row in book.rows("Summary")}
    breaches = con.execute("select count(*) from report.breaches").fetchone()
    assert breaches
    assert "Limits were broken" in lines
    assert lines["As of"] == "2024-09-17T00:00:00.000000Z"
    assert lines["Newest processed_at"] == "2024-09-16T23:00:00.000000Z"
    assert lines["Digest of the inputs known"] == fake_report.context().known_digest
    assert lines["Breaches"] == breaches[0]
    assert lines["Lines in quarantine"] == 40
    assert sum(name.startswith("xl/charts/chart") for name in book.parts) == 2


def test_links_stand_on_the_summary_alone(book: Book) -> None:
    linked = [sheet for sheet, path in book.paths.items() if b"<hyperlink " in book.parts[path]]
    assert linked == ["Summary"]
    assert not any(b'TargetMode="External"' in part for part in book.parts.values())


def test_what_is_cut_is_said(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_xlsx(con, tmp_path / "cut.xlsx", fake_report.context(sheet_rows=10))
    book = Book(tmp_path / "cut.xlsx")
    total = con.execute("select count(*), max(processed_at)::varchar from report.breaches").fetchone()
    assert total
    note = book.rows("Breaches")[0]["A"]
    assert note == f"10 of {total[0]:,} rows, newest; the rest in breaches.parquet. Instants are UTC."
    assert len(book.table("Breaches")) == 10
    assert str(book.table("Breaches")[0]["processed_at (exact)"])[:19] == total[1][:19].replace(" ", "T")
    assert {"A": "Breaches", "B": f"10 of {total[0]:,}, cut"} in book.rows("Read me")
    lines = {str(row.get("A", "")): row.get("B") for row in book.rows("Summary")}
    assert lines["Breaches"] == total[0]


def test_text_longer_than_a_cell_is_cut_and_says_so(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("begin")
    con.execute("update report.quarantine set raw = repeat('x', 40000) where source_line = 1")
    write_xlsx(con, tmp_path / "long.xlsx", fake_report.context())
    con.execute("rollback")
    raw = str(Book(tmp_path / "long.xlsx").table("Quarantine")[0]["raw"])
    assert len(raw) == 32_767
    assert raw.endswith("x … cut")


def test_text_that_looks_like_the_workbooks_own_markup_stays_text(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    markup, emoji = "<r><t>bold</x></r>", "\U0001f600"
    con.execute("begin")
    con.execute("update report.breaches set badge_name = $1 where badge_id = 'badge-0'", [markup])
    con.execute("update report.quarantine set raw = $1 where source_line = 1", [" _x0041_ & \ufffe"])
    con.execute("update report.quarantine set raw = repeat($1, 20000) where source_line = 2", [emoji])
    write_xlsx(con, tmp_path / "markup.xlsx", fake_report.context())
    con.execute("rollback")
    book = Book(tmp_path / "markup.xlsx")
    assert markup in {row["badge_name"] for row in book.table("Breaches")}
    assert f"{markup} " in {row.get("A") for row in book.rows("Summary")}
    first, second, *_ = (str(row["raw"]) for row in book.table("Quarantine"))
    # Excel reads _x005F_ as the underscore, and _xFFFE_ as the character that no XML may hold.
    assert first == " _x005F_x0041_ & _xFFFE_"
    assert second == f"{emoji * 16_380} … cut"


def test_a_day_before_excels_calendar_is_kept_as_text(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("begin")
    con.execute("update report.badges set starts_at = timestamptz '1899-12-31 00:00:00+00' where badge_id = 'badge-0'")
    write_xlsx(con, tmp_path / "old.xlsx", fake_report.context())
    con.execute("rollback")
    badge = next(row for row in Book(tmp_path / "old.xlsx").table("Badges") if row["badge_id"] == "badge-0")
    assert "starts_at" not in badge
    assert badge["starts_at (exact)"] == "1899-12-31T00:00:00.000000Z"


def test_the_same_rows_give_the_same_bytes(con: duckdb.DuckDBPyConnection, path: Path, tmp_path: Path) -> None:
    write_xlsx(con, tmp_path / "again.xlsx", fake_report.context())
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
    assert b"2024-09-17T00:00:00Z" in Book(path).parts["docProps/core.xml"]


def test_an_empty_report_is_a_workbook_too(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        fake_report.empty(con)
        write_xlsx(con, tmp_path / "empty.xlsx", fake_report.context())
    book = Book(tmp_path / "empty.xlsx")
    assert book.rows("Breaches")[0]["A"] == "0 rows, all of breaches.parquet. Instants are UTC."
    assert {"A": "There is nothing to judge"} in book.rows("Summary")
