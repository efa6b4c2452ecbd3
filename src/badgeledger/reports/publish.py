"""A report folder appears whole or not at all, also when the power fails in the middle (the recipe of CONTRACT.md).

The folder is written under a hidden name beside its place, every file reaches the disk, the manifest last; then it is
renamed. A folder that stands there already is never touched: with the same content it is kept, with other content the
new one gets `.2`, `.3` and so on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from . import manifest
from .context import ReportContext
from .html import write_html
from .tables import TABLES, write_table
from .xlsx import write_xlsx

Progress = Callable[[str], None]


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
    progress: Progress = lambda _: None,
) -> Published:
    """Write the report of the views `report.*` of `con` and publish it as `target`.

    `owner` is the warehouse that the caller has locked: it names the staging folder, so that :func:`clean_up` can
    tell its own remains from another writer's. Raises OSError when the disk refuses.
    """
    target = target.absolute()
    make_folder(target.parent)
    clean_up(target.parent, owner)
    stage = target.parent / f"{_stage_prefix(owner)}{target.name}"
    try:
        stage.mkdir()
        outputs = _write_files(con, stage, context, formats, progress)
        inputs = manifest.known_inputs(con)
        text = manifest.manifest_text(context, {"rows": rows, "formats": list(formats)}, inputs, outputs)
        (stage / manifest.NAME).write_bytes(text.encode())
        _sync(stage / manifest.NAME)
        _sync(stage)
        folder, kept = _put(stage, target, text)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    tables = {entry.name.split(".")[0]: entry.rows for entry in outputs if entry.rows is not None}
    return Published(folder, hashlib.sha256(text.encode()).hexdigest(), kept, tables)


def clean_up(parent: Path, owner: Path) -> None:
    """Remove what a writer with the same warehouse left behind when it was killed. Call it under the lock only."""
    prefix = _stage_prefix(owner)
    if parent.is_dir():
        for entry in sorted(parent.iterdir()):
            if entry.name.startswith(prefix):
                shutil.rmtree(entry)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each entry on disk before the next."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _write_files(
    con: duckdb.DuckDBPyConnection, stage: Path, context: ReportContext, formats: Sequence[str], progress: Progress
) -> list[manifest.Output]:
    outputs = []

    def written(name: str, rows: int | None) -> None:
        _sync(stage / name)
        outputs.append(manifest.Output(name, rows, manifest.file_sha256(stage / name)))

    for table in TABLES:
        progress(f"report: {table}")
        if "csv" in formats:
            written(f"{table}.csv", write_table(con, table, "csv", stage / f"{table}.csv"))
        if "parquet" in formats:
            written(f"{table}.parquet", write_table(con, table, "parquet", stage / f"{table}.parquet"))
    if "html" in formats:
        progress("report: report.html")
        write_html(con, stage / "report.html", context)
        written("report.html", None)
    if "xlsx" in formats:
        progress("report: report.xlsx")
        write_xlsx(con, stage / "report.xlsx", context)
        written("report.xlsx", None)
    return outputs


def _put(stage: Path, target: Path, text: str) -> tuple[Path, bool]:
    """Give the staged folder its place; returns the place and whether the same content stood there before."""
    number = 1
    while True:
        place = target if number == 1 else target.with_name(f"{target.name}.{number}")
        if manifest.holds(place, text):
            return place, True
        try:
            # Renaming onto an empty folder replaces it; onto anything else it fails.
            stage.rename(place)
        except OSError:
            if not os.path.lexists(place):
                raise
            number += 1
            continue
        _sync(place.parent)
        return place, False


def _stage_prefix(owner: Path) -> str:
    return f".badgeledger-{hashlib.sha256(os.fsencode(owner.absolute())).hexdigest()[:12]}-"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
