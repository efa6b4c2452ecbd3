"""replay.html in a real browser: no request leaves it, nothing is wider than the window, and axe finds nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from browser.chromium import Page
from browser.test_accessibility import VIEWS, violations
from unit import test_replay_page

con = test_replay_page.con


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_asks_for_nothing_and_fits_every_window(
    page: Page, con: duckdb.DuckDBPyConnection, tmp_path: Path, theme: str
) -> None:
    test_replay_page.page(con, tmp_path)
    address = (tmp_path / "replay.html").as_uri()
    page.send("Page.setBypassCSP", enabled=True)
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    for width in (320, 1_300):
        page.width(width)
        page.open(address, ready="document.readyState === 'complete'")
        assert page.run("document.documentElement.scrollWidth") == width
    assert set(page.requests) == {address}
    assert page.console == []
    # A chart stands there in the colors of both sides.
    bars = "document.querySelectorAll('.columns.pairs .a, .columns.pairs .b')"
    fills = page.run(f"[...{bars}].map((one) => getComputedStyle(one).fill)")
    assert len(set(fills)) == 2
    page.run(f"{VIEWS['details open']}; 0")
    assert violations(page) == []
