"""`badgeledger prune`: drop raw text of long ago, and say what can no longer be rebuilt."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

from .. import runs
from ..prune import lost, prune
from ..settings import instant_option
from ..text import counted, number, plain
from .status import warehouse_path


def prune_warehouse(
    pipeline: Path | None, warehouse: Path | None, *, before: str, dry_run: bool, lock_timeout: float, as_json: bool
) -> None:
    """Drop the raw text and print what was dropped and lost. Raises UsageError and ConfigError."""
    path = warehouse_path(pipeline, warehouse)
    done = prune(path, before=_instant(before), dry_run=dry_run, lock_timeout=lock_timeout)
    if as_json:
        print(json.dumps({**asdict(done), "before": runs.shown(done.before), "lost": lost(done)}, indent=2))
        return
    verb = "would drop" if dry_run else "dropped"
    text = f"the text of {counted(done.lines, 'refused line')} ({number(done.text_bytes)} bytes)"
    files = f"{counted(done.files, 'file')}, ingested before {runs.shown(done.before)}"
    print(f"{plain(str(path))}: {verb} {text} of {files}; every count stays")
    for sentence in lost(done):
        print(f"  no longer to be rebuilt: {plain(sentence)}")


def _instant(text: str) -> int:
    """A day of UTC, or an instant with its offset, in microseconds. Raises ConfigError."""
    try:
        return instant_option("--before", f"{date.fromisoformat(text)}T00:00:00Z")
    except ValueError:
        return instant_option("--before", text)
