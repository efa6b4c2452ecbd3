"""`badgeledger generate`: synthetic logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..progress import progress
from ..text import counted


def write_log(out: Path, *, as_json: bool, **arguments: Any) -> None:
    """Write a log and say what was written. Raises UsageError for an argument out of range."""
    from ..generate import generate

    try:
        with progress() as shown:
            log = generate(out, progress=lambda done, wanted: shown(f"generate: {done:,} of {wanted:,}"), **arguments)
    except ValueError as error:
        raise UsageError(
            where="badgeledger generate",
            expected="arguments within their range",
            found=str(error),
            next_step="See badgeledger generate --help",
        ) from None
    if as_json:
        facts = {"files": [str(path) for path in log.files], "issuances": log.issuances, "lines": log.lines}
        print(json.dumps(facts, indent=2))
        return
    written = (
        f"{counted(log.issuances, 'issuance')} on {counted(log.lines, 'line')} in {counted(len(log.files), 'file')}"
    )
    print(f"{out}: {written}")
