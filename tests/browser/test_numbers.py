"""Every number of the page leads to its rows, and these are as many as it says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import duckdb
import pytest
from browser.chromium import Page

from badgeledger import cli

PIPELINE = Path(__file__).resolve().parents[2] / "pipelines" / "nightly.toml"

# What counts something that has no rows here, or is no count.
NOT_LINKED = {
    "time, .axis, .strip li > span, .strip .tag": "instants, days and scopes",
    "code, bdi, option, .id, .badge, .limit, .brand": "names, ids, lines of files and settings",
    ".why": "the verdict in words: each number is in a tile below, and each sentence leads to its table",
    ".changed td": "what a flag counted then and counts now: the flag in its row opens its evidence",
    ".number": "the number of a limit, or that number without the count beside it: a definition, not rows",
    "thead, tbody th[scope=row]": "words that say what a cell counts",
    ".cut": "how many rows of how many a list shows",
    ".explorer": "says of the rows that it shows how many they are",
    "#t-files td": "lines of an input: the file, whose SHA-256 stands beside them, has them; refused ones are linked",
    "#findings > .lead": "how many checks there are: each stands in the list below",
    "figcaption b, .since > p, #changes > .lead, #expirations > .lead": "how many days are shown, and since when",
    ".finding > div": "codes of the platform in the words of a guide",
    "#about, footer, nav, .acts": "settings, versions, digests, and how much the self-check recounted",
    ".static": "what the page shows without scripts",
}
COLLECT = """
(() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), unlinked = [], links = [], opened = [];
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim(), around = walk.currentNode.parentElement;
    if (!/[1-9]/.test(text) || around.closest('template, script, style, dialog, svg, ' + EXEMPT)) continue;
    const link = around.closest('a[href^="#"]'), details = around.closest('summary')?.parentElement;
    if (link) links.push([link.getAttribute('href'), text, link.className]);
    else if (details) {
      const cut = !!details.querySelector('.cut');
      opened.push([text, details.querySelectorAll('tbody tr, li').length, cut]);
    }
    else unlinked.push([text, around.outerHTML.slice(0, 200)]);
  }
  return { unlinked, links, opened };
})()
"""
WHOLE = "document.documentElement?.dataset.whole === 'yes'"
OPEN = """
(async (routes) => {
  const told = {}, later = (wait) => new Promise((done) => setTimeout(done, wait));
  for (const route of routes) {
    const name = route.match(/^#[/](\\w+)/)[1], before = document.querySelector('#explore-' + name);
    location.hash = route;
    for (let wait = 0; wait < 200 && !before.checkVisibility(); wait++) await later(5);
    await later(0);
    await later(0);
    const row = before.querySelector(':scope > .scroll tbody tr');
    told[route] = [before.querySelector('[role=status]').textContent, row ? row.innerText : ''];
  }
  return told;
})(%s)
"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the samples."""
    folder = tmp_path_factory.mktemp("samples")
    places = ("--warehouse", str(folder / "ledger.duckdb"), "--out", str(folder / "report"), "--quiet")
    assert cli.run_command(["run", str(PIPELINE), *places]) == 0
    return folder / "report" / "report.html"


def test_every_number_leads_to_as_many_rows(page: Page, samples: Path) -> None:
    page.open(samples.as_uri(), ready=WHOLE)
    found = page.run(COLLECT.replace("EXEMPT", json.dumps(", ".join(NOT_LINKED))))
    assert found["unlinked"] == []
    assert [one for one in found["opened"] if not one[2] and str(one[1]) != one[0].split(" ")[0]] == []
    # Each exception is needed.
    unused = [one for one in NOT_LINKED if not page.run(f"!!document.querySelector({json.dumps(one)})")]
    assert unused == []
    anchors = {href for href, _, _ in found["links"] if not href.startswith("#/")}
    assert all(page.run(f"!!document.querySelector({json.dumps(one)})") for one in anchors)
    routes = sorted({href for href, _, _ in found["links"]} - anchors)
    opened = page.run(OPEN % json.dumps(routes))
    wrong = []
    for href, text, kind in found["links"]:
        if href in anchors:
            continue
        (status, row), words = opened[href], text.lstrip("+")
        if kind == "told":
            right = f" {words}" in f" {status}" or f" {words} " in f" {' '.join(row.split())} ".replace("+", "")
        else:
            right = words.split(" ")[0] == status.split(" ")[0]
        if not right and any(letter.isdigit() for letter in words[:1]):
            wrong.append((href, text, kind, status, row))
    assert wrong == []
    assert {route.split("/")[1].split("?")[0] for route in routes} == {
        *("breaches", "findings", "changes", "usage", "issuances", "expirations", "quarantine", "badges")
    }


QUERIED = (
    "usage?left=..-1",
    "usage?badge=69015900f0210a1952000010&limit=CUSTOMER%3AFIXED_VALUE&left=1",
    "issuances?counted=true&by=event_at&from=2026-01-05&to=2026-01-11",
    "issuances?badge=69143e80f0210a195200000e&from=2026-02-01T00:00:00.000000Z&to=2026-02-10T12:00:00.000000Z",
    "expirations?state=ACTIVE&due=..30",
    "expirations?state=ACTIVE&due=none",
    "expirations?state=EXPIRED&due=-29..&q=week -enrolment",
    "quarantine?q=%7B",
    "badges?status=LIVE&q=club",
    "badges?status=UNKNOWN",
    "breaches?on=2026-01-24",
    "changes?state=new&kind=finding",
)


def test_the_query_of_each_view_gives_its_rows(page: Page, samples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page.open(samples.as_uri(), ready=WHOLE)
    monkeypatch.chdir(samples.parent)
    page.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }; 0")
    shown, told = {}, {}
    with duckdb.connect() as con:
        for view in QUERIED:
            status, _ = page.run(OPEN % json.dumps([f"#/{view}"]))[f"#/{view}"]
            shown[view] = int(status.split(" ")[0])
            page.run(f"document.querySelector('#explore-{view.split('?')[0]} .acts button:nth-child(2)').click()")
            told[view] = len(con.execute(str(page.run("copied"))).fetchall())
    assert told == shown
    assert all(shown.values())


def test_the_rows_of_each_view_are_given_as_csv(page: Page, samples: Path) -> None:
    page.open(samples.as_uri(), ready=WHOLE)
    page.run(
        "{ const made = URL.createObjectURL;"
        " URL.createObjectURL = (blob) => { window.given = blob; return made(blob); }; }"
    )
    for name in ("breaches", "findings", "changes", "usage", "issuances", "expirations", "quarantine", "badges"):
        page.run(f"document.querySelector('#explore-{name} .acts button:nth-child(3)').click()")
        head, *rows = csv.reader(io.StringIO(str(page.run("given.text()")), newline=""))
        status = str(page.run(f"document.querySelector('#explore-{name} [role=status]').textContent"))
        assert len(rows) == int(status.split(" ")[0]), name
        assert {len(row) for row in rows} == {len(head)}, name
