"""`badgeledger reproduce`: a report folder made again from its manifest, byte for byte."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from ..errors import DifferenceFound, UsageError
from ..progress import progress
from ..reproduce import Reproduction, reproduce
from ..text import counted, plain


def reproduce_report(
    folder: Path, warehouse: Path | None, *, pseudonymize: Path | None, lock_timeout: float, as_json: bool
) -> None:
    """Make a report again and say whether it is identical. Raises DifferenceFound after saying what differs."""
    if warehouse is None:
        raise UsageError(
            where="badgeledger reproduce",
            expected="--warehouse FILE, the warehouse that the report was made from: no report names it",
            found="none",
            next_step="Add it, such as --warehouse build/ledger.duckdb",
        )
    with progress() as shown:
        made = reproduce(folder, warehouse, key_file=pseudonymize, lock_timeout=lock_timeout, progress=shown)
    print(json.dumps(_facts(made), indent=2) if as_json else "\n".join(_lines(made)))
    if made.differences:
        sys.stdout.flush()
        first = made.differences[0]
        raise DifferenceFound(
            where=f"{folder}: {first.where}",
            expected=first.expected,
            found=first.found,
            next_step=_next_step(made),
        )


def _lines(made: Reproduction) -> list[str]:
    if not made.differences:
        return [
            f"identical: {counted(made.files, 'file')} with {counted(made.rows, 'row')} of tables,"
            f" made again from {counted(made.inputs, 'input')}"
        ]
    lines = [
        f"{plain(one.where)}: made again {plain(one.expected)}; found {plain(one.found)}" for one in made.differences
    ]
    return [f"different: {len(made.differences)} of {counted(made.files, 'file')}", *lines]


def _facts(made: Reproduction) -> dict[str, object]:
    return {
        "folder": str(made.folder),
        "identical": not made.differences,
        "inputs": made.inputs,
        "files": made.files,
        "rows": made.rows,
        "differences": [asdict(difference) for difference in made.differences],
        "other_versions": {name: {"then": then, "now": now} for name, (then, now) in made.made_with.items()},
    }


def _next_step(made: Reproduction) -> str:
    if made.made_with:
        name, (then, now) = next(iter(made.made_with.items()))
        return (
            f"The report was made with {name} {then}, this is {now}: make it again with the versions of its manifest."
        )
    return "What is expected follows from the inputs in the warehouse: the folder was changed after it was published."
