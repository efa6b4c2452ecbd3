"""Retention: raw text of long ago is dropped, what was counted from it stays.

The text of refused lines is all the raw text that a warehouse keeps, beside that of lines without a clock of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import runs
from .calendar import iso_instant
from .text import counted
from .warehouse import Warehouse, first_row, has_table
from .warehouse_files import remove, replace

# Where raw text is kept; staging has a copy of that of lines that no clock dates.
_TABLES = ("raw.quarantine", "raw.call", "staging.clockless")


@dataclass(frozen=True)
class Pruned:
    """What was, or would be, dropped: lines with text, and its bytes, of files ingested before an instant in
    microseconds; `reports` are the folders of published runs whose table `quarantine` cannot be made again."""

    before: int
    files: int
    lines: int
    text_bytes: int
    reports: tuple[str, ...]
    dry_run: bool


def prune(warehouse: Path, *, before: int, dry_run: bool, lock_timeout: float) -> Pruned:
    """Drop the raw text of files that were ingested before an instant in microseconds, in one transaction, and give
    its room back.

    Counts, flags and the number of refused lines stay as they are. With `dry_run` nothing is changed.
    """
    with Warehouse.open(warehouse, lock_timeout=lock_timeout) as opened:
        with opened.transaction():
            pruned = _drop(opened, before, dry_run)
        young = warehouse.with_name(warehouse.name + ".compact")
        # Of a prune that was killed the file is left, and the room with it.
        if not dry_run and (pruned.lines or young.exists()):
            _compact(opened, warehouse, young)
    return pruned


def _drop(opened: Warehouse, before: int, dry_run: bool) -> Pruned:
    con = opened.con
    con.execute(
        "CREATE OR REPLACE TEMP TABLE old_file AS SELECT file_id, batch_id FROM raw.file SEMI JOIN ("
        "SELECT batch_id FROM raw.batch WHERE epoch_us(ingested_at) < $1) USING (batch_id)",
        [before],
    )
    files, lines, text_bytes = first_row(
        con,
        "SELECT count(DISTINCT file_id), count(*), coalesce(sum(strlen(raw)), 0)::BIGINT FROM ("
        "SELECT file_id, raw FROM raw.quarantine UNION ALL SELECT file_id, raw FROM raw.call WHERE raw IS NOT NULL)"
        " SEMI JOIN old_file USING (file_id) WHERE raw <> ''",
    )
    # A report shows the refused lines of every file that it knew.
    first_batch = first_row(con, "SELECT min(batch_id) FROM old_file")[0]
    reports = tuple(
        str(run.folder)
        for run in runs.published(opened)
        if lines and first_batch is not None and (run.batch_id or 0) >= first_batch
    )
    if not dry_run:
        for table in _TABLES:
            schema, _, name = table.partition(".")
            if has_table(con, schema, name):
                con.execute(
                    f"UPDATE {table} SET raw = '' WHERE raw <> '' AND file_id IN (SELECT file_id FROM old_file)"
                )
    con.execute("DROP TABLE old_file")
    return Pruned(before, files, lines, text_bytes, reports, dry_run)


def _compact(opened: Warehouse, path: Path, young: Path) -> None:
    """Write the warehouse anew, into a file that takes its place: the room of what is dropped stays in a file."""
    remove(young)
    try:
        opened.copy_into(young)
        # Its lock is held until the end of the block that opened it.
        opened.con.close()
        replace(path, young, None)
    except BaseException:
        remove(young)
        raise


def lost(pruned: Pruned) -> list[str]:
    """What can no longer be rebuilt from the warehouse, in sentences."""
    if not pruned.lines:
        return []
    sentences = [
        f"the text of {counted(pruned.lines, 'refused line')} of files ingested before {iso_instant(pruned.before)}:"
        " it stands in the files themselves, if they were kept",
    ]
    if pruned.reports:
        reports = counted(len(pruned.reports), "published report")
        sentences.append(
            f"the table quarantine of {reports}, byte for byte; `reproduce` will say that it differs, all other tables"
            " are made again as they were"
        )
    return sentences
