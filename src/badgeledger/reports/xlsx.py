"""report.xlsx: the report for people who live in a workbook.

Text is written as text whatever it looks like, instants as real dates with the exact ISO text in a folded column beside
them, and the date of the workbook itself is as-of, so that the same rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from ..calendar import iso_instant
from ..errors import InternalCheckFailed
from ..text import plain
from .context import ReportContext
from .facts import read_facts
from .tables import TABLES
from .xlsx_rows import Column, append_rows
from .xlsx_summary import write_summary

# Issuances are left out: the largest table, of which each sheet shows the part that matters.
SHEETS = {
    "breaches": "Breaches",
    "findings": "Findings",
    "changes": "Changes",
    "badges": "Badges",
    "usage": "Usage",
    "cycle_counts": "Cycle counts",
    "cycles": "Cycles",
    "expirations": "Expirations",
    "daily": "Daily",
    "limits": "Limits",
    "quarantine": "Quarantine",
    "input_file": "Input files",
}
_FILE_COLUMNS = ("path", "sha256", "lines", "accepted", "duplicate", "quarantined")
_BATCH = 5_000


def write_xlsx(con: duckdb.DuckDBPyConnection, path: Path, context: ReportContext) -> None:
    """Write report.xlsx from the `report.*` views of the connection.

    A sheet holds at most `context.sheet_rows` rows, the newest where the table has a `processed_at`; its first line and
    the Read me sheet say what is cut. Totals on the summary are those of all rows.
    """
    facts = read_facts(con, context)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_formulas": False})
    try:
        book.set_properties(
            {"title": plain(f"badgeledger {context.name}"), "created": context.as_of.replace(tzinfo=None)}
        )
        formats = _formats(book)
        summary = book.add_worksheet("Summary")
        notes = book.add_worksheet("Read me")
        counts = {}
        for table, name in SHEETS.items():
            counts[name] = _write_table(con, book.add_worksheet(name), table, formats, context)
        write_summary(
            book, summary, facts, context, formats, {SHEETS[table]: counts[SHEETS[table]] for table in SHEETS}
        )
        _write_notes(con, notes, counts, formats, context)
    finally:
        book.close()


def _formats(book: Any) -> dict[str, Any]:
    hot, soft = "#AC2018", "#575F6D"
    return {
        "title": book.add_format({"bold": True, "font_size": 18}),
        "verdict": book.add_format({"bold": True, "font_size": 14, "font_color": hot}),
        "head": book.add_format({"bold": True, "bg_color": "#F1EFEA", "bottom": 1, "bottom_color": "#C8C3B8"}),
        "label": book.add_format({"font_color": soft}),
        "note": book.add_format({"font_color": soft, "italic": True}),
        "text": book.add_format({"num_format": "@"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "number": book.add_format({"num_format": "#,##0"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "link": book.add_format({"font_color": "#1F4E8C", "underline": 1}),
    }


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[Column]:
    """Return the table's columns with their types, in the order of the contract."""
    names = _FILE_COLUMNS if table == "input_file" else TABLES[table].columns
    kinds = {row[0]: row[1] for row in con.execute(f"describe report.{table}").fetchall()}
    return [Column(name, kinds[name]) for name in names]


def _write_table(
    con: duckdb.DuckDBPyConnection, sheet: Any, table: str, formats: dict[str, Any], context: ReportContext
) -> tuple[int, int]:
    """Write one table as a sheet; returns the rows written and the rows there are."""
    columns = _columns(con, table)
    total = _count(con, table)
    shown = min(total, context.sheet_rows)
    newest = any(column.name == "processed_at" for column in columns)
    sheet.write_string(0, 0, cut_note(table, shown, total, newest, is_open=table in context.held), formats["note"])
    place = _write_heads(sheet, columns, formats)
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(0, 1)
    sheet.set_landscape()
    sheet.set_footer(
        f"&L{plain(context.name).replace('&', '&&')}, as of {iso_instant(context.as_of_us)}&RPage &P of &N"
    )
    sheet.autofilter(1, 0, max(2, shown + 1), place - 1)
    con.execute(_select(table, columns, newest, context.sheet_rows))
    append_rows(sheet, 2, columns, iter(lambda: con.fetchmany(_BATCH), []), formats)
    return shown, total


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    found = con.execute(f"select count(*) from report.{table}").fetchone()
    if found is None:
        raise InternalCheckFailed(
            where=f"report.{table}", expected="a count", found="no row", next_step="Run it again."
        )
    return int(found[0])


def cut_note(table: str, shown: int, total: int, newest: bool, *, is_open: bool = False) -> str:
    """Say how many rows of a table a sheet shows, and where the rest is."""
    source = "manifest.json" if table == "input_file" else "the warehouse" if is_open else f"{table}.parquet"
    if shown == total:
        return f"{total:,} {'row' if total == 1 else 'rows'}, all of {source}. Instants are UTC."
    return f"{shown:,} of {total:,} rows, {'newest' if newest else 'first'}; the rest in {source}. Instants are UTC."


def _write_heads(sheet: Any, columns: Sequence[Column], formats: dict[str, Any]) -> int:
    """Write the column heads and widths; returns the number of columns, those of ISO text included."""
    place = 0
    for column in columns:
        sheet.write_string(1, place, column.name, formats["head"])
        sheet.set_column(place, place, 24 if column.is_instant else 12 if column.kind == "BIGINT" else 22)
        place += 1
        if column.is_instant:
            sheet.write_string(1, place, f"{column.name} (exact)", formats["head"])
            sheet.set_column(place, place, 28, None, {"level": 1, "hidden": True, "collapsed": False})
            place += 1
    return place


def _select(table: str, columns: Sequence[Column], newest: bool, most: int) -> str:
    fields = ", ".join(one.fields for one in columns)
    order = ", ".join(f'"{one.name}" nulls first' for one in columns)
    first = '"processed_at" desc nulls last, ' if newest else ""
    return f"select {fields} from report.{table} order by {first}{order} limit {int(most)}"


def _write_notes(
    con: duckdb.DuckDBPyConnection,
    sheet: Any,
    counts: dict[str, tuple[int, int]],
    formats: dict[str, Any],
    context: ReportContext,
) -> None:
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    comments = con.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where schema_name = 'report' and comment is not null order by table_name, column_index"
    ).fetchall()
    lines = [
        ("Read me", ""),
        ("What this is", "The report of one run. Where it and the CSV files differ, the CSV files are right."),
        ("Instants", "UTC, as dates; Excel keeps milliseconds. The exact text is in the folded column beside each."),
        ("Days and cycles", f"Cut in {context.zone}. Every span is half-open: its end is not included."),
        ("Text", "Ids are text. A character that cannot be seen is written as an escape, such as \\u202e."),
        *(
            []
            if context.pseudonyms is None
            else [("Pseudonyms", f"Customers are named under the key with fingerprint {context.pseudonyms}.")]
        ),
        ("Not here", "The table issuances: it is in issuances.csv and issuances.parquet."),
        ("", ""),
        ("Sheet", "Rows"),
        *(
            (name, f"{shown:,} of {total:,}{'' if shown == total else ', cut'}")
            for name, (shown, total) in counts.items()
        ),
        ("", ""),
        ("Setting", "Value"),
        *sorted((name, str(value)) for name, value in context.rules.items()),
        ("", ""),
        ("Software", "Version"),
        *sorted((name, str(value)) for name, value in context.versions.items()),
        *([("", ""), ("Column", "Meaning")] if comments else []),
        *((f"{table}.{column}", comment) for table, column, comment in comments),
    ]
    for row, (left, right) in enumerate(lines):
        is_head = row == 0 or (row > 0 and lines[row - 1] == ("", "") and bool(left))
        sheet.write_string(row, 0, plain(left), formats["head"] if is_head else None)
        sheet.write_string(row, 1, plain(right), formats["head"] if is_head else formats["wrap"])
