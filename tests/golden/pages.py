"""The golden pages: what commands print in a terminal of 120 columns, asked of the samples' warehouse.

`make golden` writes them anew, to be read before they are committed.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from badgeledger import cli

FOLDER = Path(__file__).parent / "pages"
PAGES = {
    "cycles": ("cycles", "Step by step", "--rows", "4"),
    "limits": ("limits", "Step by step"),
    "headroom": ("headroom", "Weekend club", "--as-of", "2026-01-20T00:00:00Z", "--used", "90"),
    "expiring": ("expiring", "Weekend club", "--within", "2d"),
    "owners": ("owners", "Once a life"),
    "advise": ("advise", "Weekend club", "--limit", "CUSTOMER:ROLLING_WINDOW:DAYS:1"),
    "lint": ("lint", "--badge", "EARN-TYPE", "--at", "2026-03-01T00:00:00Z"),
}


class Terminal(io.StringIO):
    """Standard output that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def page(warehouse: Path, arguments: tuple[str, ...], columns: int = 120) -> str:
    """What a command prints in a terminal that knows no colors. Raises AssertionError when it fails."""
    terminal, errors = Terminal(), io.StringIO()
    environment = {"COLUMNS": str(columns), "TERM": "dumb", "LINES": "50"}
    with patch.dict(os.environ, environment), redirect_stdout(terminal), redirect_stderr(errors):
        code = cli.run_command([*arguments, "--warehouse", str(warehouse)])
    assert code == 0, errors.getvalue()
    return "".join(line.rstrip() + "\n" for line in terminal.getvalue().splitlines())


if __name__ == "__main__":
    for name, arguments in PAGES.items():
        (FOLDER / f"{name}.txt").write_text(page(Path(sys.argv[1]), arguments), encoding="utf-8")
