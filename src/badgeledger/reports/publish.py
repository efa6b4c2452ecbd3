"""The report of one run, written file by file and published as one folder; the manifest is last and means complete."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from ..faults import Point, reached
from ..warehouse_files import sync
from . import manifest
from .context import ReportContext
from .folder import prepare, put, staged
from .html import write_html
from .open_rows import CUT_TABLES, open_rows
from .tables import TABLES, Format, all_rows, write_csv_of, write_table
from .xlsx import write_xlsx

Progress = Callable[[str], None]
_TABLE_FORMATS: tuple[Format, ...] = ("csv", "parquet")


@dataclass(frozen=True)
class Published:
    """The folder that stands now; `kept` when it stood before with the same content."""

    folder: Path
    manifest_sha256: str
    kept: bool
    rows: Mapping[str, int]


def publish(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    context: ReportContext,
    *,
    owner: Path,
    formats: Sequence[str],
    rows: str = "all",
    since: str | None = None,
    since_rebuilt: bool = False,
    waivers: Sequence[Mapping[str, Any]] = (),
    no_input: bool = False,
    progress: Progress = lambda _: None,
) -> Published:
    """Write the report of the views `report.*` of `con` and publish it as `target`.

    `owner` is the warehouse that the caller has locked, `since` the manifest hash of the report that this one is
    compared with, `since_rebuilt` whether its tables are not those that were published, `waivers` what was waived,
    `no_input` whether it has nothing new beside that one. Raises OSError when the disk refuses.
    """
    target = target.absolute()
    prepare(target, owner)
    with staged(target, owner) as stage:
        inputs = manifest.known_inputs(con)
        settings = {"rows": rows, "formats": list(formats), "waivers": list(waivers)}
        facts = {"since": since, "since_rebuilt": since_rebuilt, "no_input": no_input}

        def content(outputs: Sequence[manifest.Output]) -> dict[str, Any]:
            return manifest.manifest_content(context, settings, facts, inputs=inputs, outputs=outputs)

        outputs = _write_files(con, stage, context, formats, rows == "open", content, progress)
        text = manifest.manifest_text(content(outputs))
        (stage / manifest.NAME).write_bytes(text.encode())
        reached(Point.MANIFEST_WRITTEN)
        sync(stage / manifest.NAME)
        reached(Point.MANIFEST_SYNCED)
        folder, kept = put(stage, target, lambda place: manifest.holds(place, text))
    tables = {entry.name.split(".")[0]: entry.rows for entry in outputs if entry.rows is not None}
    return Published(folder, hashlib.sha256(text.encode()).hexdigest(), kept, tables)


def _write_files(
    con: duckdb.DuckDBPyConnection,
    stage: Path,
    context: ReportContext,
    formats: Sequence[str],
    is_open: bool,
    content: Callable[[Sequence[manifest.Output]], Mapping[str, Any]],
    progress: Progress,
) -> list[manifest.Output]:
    outputs = []
    held = {}

    def written(name: str, rows: int | None, of: int | None = None) -> None:
        reached(Point.REPORT_WRITTEN)
        sync(stage / name)
        reached(Point.REPORT_SYNCED)
        outputs.append(manifest.Output(name, rows, manifest.file_sha256(stage / name), of))

    for table in TABLES:
        progress(f"report: {table}")
        kinds = [kind for kind in _TABLE_FORMATS if kind in formats]
        rows = _write_table(con, table, {kind: stage / f"{table}.{kind}" for kind in kinds}, context)
        of = rows if is_open else None
        if is_open and table in CUT_TABLES and context.open_from is not None:
            of = all_rows(con, table)
        for kind in kinds:
            written(f"{table}.{kind}", rows, of)
        if rows is not None and of is not None and table in CUT_TABLES:
            held[table] = (rows, of)
    context = replace(context, held=held)
    if "xlsx" in formats:
        progress("report: report.xlsx")
        write_xlsx(con, stage / "report.xlsx", context)
        written("report.xlsx", None)
    # The page is last: it names the manifest of all that stands beside it.
    if "html" in formats:
        progress(f"report: {manifest.PAGE}")
        promised = {entry.name: entry.sha256 for entry in outputs}
        write_html(con, stage / manifest.PAGE, context, promised, manifest.printed_hash(content(outputs)))
        written(manifest.PAGE, None)
    return outputs


def _write_table(
    con: duckdb.DuckDBPyConnection, table: str, files: Mapping[Format, Path], context: ReportContext
) -> int | None:
    """The number of rows; a table that is wanted in both forms is made and sorted once."""
    source = open_rows(con, table, context.open_from)
    if len(files) == len(_TABLE_FORMATS):
        write_table(con, table, "parquet", files["parquet"], source)
        return write_csv_of(con, TABLES[table], files["parquet"], files["csv"])
    return next((write_table(con, table, kind, path, source) for kind, path in files.items()), None)
