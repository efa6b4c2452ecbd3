"""`badgeledger ingest`: files into a warehouse, with the reconciliation of their lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..pipeline import ingest_files
from ..progress import progress
from ..settings import zone_option
from ..staging import FileResult
from ..text import columns, counted, number


def ingest_paths(
    paths: Sequence[str], warehouse: Path, *, zone: str | None, retry: bool, lock_timeout: float, as_json: bool
) -> None:
    """Ingest and print one line a file: read = accepted + duplicate + quarantined."""
    feed_zone = zone_option("--zone", zone)
    with progress() as shown:
        files = ingest_files(warehouse, paths, zone=feed_zone, retry=retry, lock_timeout=lock_timeout, progress=shown)
        if again := sum(file.again for file in files):
            shown.warn(
                f"{counted(again, 'file')} read again: fewer lines are refused. Reports that knew them as they were"
                " read before are not made again byte for byte any more"
            )
    if as_json:
        print(json.dumps([asdict(file) for file in files], indent=2))
        return
    head = ("read", "accepted", "duplicate", "quarantined", "file")
    rows = [
        (*map(number, (file.lines, file.accepted, file.duplicate, file.quarantined)), file.path + _note(file))
        for file in files
    ]
    fresh = [file for file in files if not file.known]
    sums = [sum(getattr(file, name) for file in fresh) for name in ("lines", "accepted", "duplicate", "quarantined")]
    total = (*map(number, sums), f"new in {len(fresh)} of {len(files)} files")
    print("\n".join(columns([head, *rows, total], right=range(4))))


def _note(file: FileResult) -> str:
    if file.again:
        return "  (known, read again)"
    return "  (known, not read again)" if file.known else ""
