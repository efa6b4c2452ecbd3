"""The pictures of the README, made from the samples: the page in a browser, a story in a terminal.

`make pictures` writes them anew, to be looked at before they are committed. The browser's picture depends on the
machine's fonts; the terminal's is the same everywhere.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME

TESTS = Path(__file__).resolve().parents[1]
PICTURES = TESTS.parent / "src" / "badgeledger" / "docs" / "pictures"
NAMES = ("report.png", "explain.svg")
STORY = "month-end-breach"
WIDTH, HEIGHT, COLUMNS = 1_300, 1_500, 100
# Fonts are the reader's own: a picture asks no network for any.
_FORMAT = re.sub(r"\s*(@font-face \{\{.*?\}\}|<!--.*?-->)", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def story(warehouse: Path) -> str:
    """The story of a breach of the samples as SVG text."""
    from golden.explained import PAGES

    from badgeledger.explain import explain
    from badgeledger.explain.terminal import page
    from badgeledger.warehouse import Warehouse, first_row

    with Warehouse.open(warehouse, read_only=True) as opened:
        found = first_row(opened.con, PAGES[STORY])[0]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False, force_terminal=True)
    console.print(page(explain(warehouse, found)))
    command = f"badgeledger explain {found.partition('~')[0]}"
    text = console.export_svg(title=command, theme=SVG_EXPORT_THEME, code_format=_FORMAT, unique_id="story")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _main() -> None:
    from browser.chromium import Page
    from golden.explained import ledger

    with tempfile.TemporaryDirectory() as folder:
        warehouse = ledger(Path(folder))
        with Page() as tab:
            tab.width(WIDTH)
            tab.open((Path(folder) / "report" / "report.html").as_uri())
            tab.screenshot(PICTURES / "report.png", WIDTH, HEIGHT)
        (PICTURES / "explain.svg").write_text(story(warehouse), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    sys.exit(_main())
