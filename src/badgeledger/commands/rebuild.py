"""`badgeledger rebuild`: a warehouse that cannot be opened is made anew from the raw inputs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from .. import runs
from ..progress import progress
from ..rebuild import Rebuilt, rebuild
from ..settings import load
from ..text import counted, number, plain


def rebuild_warehouse(
    path: Path, *, inputs: Sequence[str], warehouse: Path | None, lock_timeout: float, as_json: bool
) -> None:
    """Make a warehouse anew and print what it holds now; what cannot be told any more goes to stderr too."""
    with progress() as shown:
        done = rebuild(load(path), inputs=inputs, warehouse=warehouse, lock_timeout=lock_timeout, progress=shown)
    print(json.dumps(_facts(done), indent=2) if as_json else "\n".join(_lines(done)))
    sys.stdout.flush()
    for lost in done.lost:
        print(f"badgeledger: lost: {plain(lost)}", file=sys.stderr)


def _facts(done: Rebuilt) -> dict[str, object]:
    return {
        "warehouse": str(done.warehouse),
        "set_aside": None if done.set_aside is None else str(done.set_aside),
        "files": [asdict(result) for result in done.files],
        "runs": [{"as_of": runs.shown(run.as_of), "report": str(run.folder)} for run in done.runs],
        "lost": done.lost,
    }


def _lines(done: Rebuilt) -> list[str]:
    read, accepted, duplicate, quarantined = (
        number(sum(getattr(result, name) for result in done.files))
        for name in ("lines", "accepted", "duplicate", "quarantined")
    )
    lines = [
        f"rebuilt {plain(str(done.warehouse))} from {counted(len(done.files), 'file')}",
        f"  lines       {read} read = {accepted} accepted + {duplicate} duplicate + {quarantined} quarantined",
        f"  runs        {counted(len(done.runs), 'run')} told by the reports that stand; any other is not known",
    ]
    if done.set_aside is not None:
        lines.append(f"  kept        the old file as {plain(str(done.set_aside))}")
    if done.lost:
        lines.append(f"  lost        {counted(len(done.lost), 'thing')}, named on stderr")
    if done.runs:
        lines.append(
            f"next: badgeledger verify {plain(str(done.runs[-1].folder))} --warehouse {plain(str(done.warehouse))}"
        )
    else:
        lines.append("next: badgeledger run, with the same pipeline file")
    return lines
