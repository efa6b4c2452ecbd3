"""axe-core finds nothing to say about the report: in both themes, with every detail open, and over a breach."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from browser.chromium import Page

FOLDER = Path(__file__).parent / "axe-core"
AXE = (FOLDER / "axe.min.js").read_text(encoding="utf-8")
VIEWS = {
    "details open": "document.querySelectorAll('details').forEach((one) => { one.open = true; })",
    "a breach": "document.querySelector('#explore-breaches tbody a').click()",
}


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule, element, reason."""
    page.run(AXE + "; 0")
    found = json.loads(
        str(page.run("axe.run({ resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))"))
    )
    return [f"{rule['id']}: {node['html'][:200]}: {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def test_axe_is_what_its_readme_says() -> None:
    digest = base64.b64encode(hashlib.sha512(AXE.encode()).digest()).decode()
    readme = (FOLDER / "README.md").read_text()
    assert f"sha512-{digest} " in readme
    assert AXE.startswith(f"/*! axe v{readme.split('version | ')[1].split(' ')[0]}\n")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation(page: Page, tiny: str, theme: str) -> None:
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])
    page.send("Page.setBypassCSP", enabled=True)
    for view, doing in VIEWS.items():
        page.open(tiny, ready="document.documentElement?.dataset.whole === 'yes'")
        page.run(f"{doing}; 0")
        page.run("new Promise((done) => setTimeout(done, 300))")
        assert violations(page) == [], view


def test_axe_would_find_a_violation(page: Page, tmp_path: Path) -> None:
    """The test can fail: text without contrast, a picture without a name."""
    page.send("Page.setBypassCSP", enabled=True)
    bad = tmp_path / "bad.html"
    bad.write_text('<html data-ready="yes"><p style="color: #eee; background: #fff">pale</p><img src="x.png"></html>')
    page.open(bad.as_uri())
    assert {text.partition(":")[0] for text in violations(page)} >= {"color-contrast", "image-alt"}
