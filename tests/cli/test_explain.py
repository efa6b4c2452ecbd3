"""`badgeledger explain` from the command line: ids, prefixes, forms, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import harness
import pytest

from badgeledger import cli

NIGHTLY = """
[pipeline]
name = "nightly"
warehouse = "ledger.duckdb"
as_of = "2024-02-01T00:00:00Z"

[[inputs]]
path = "logs"

[rules]
zone = "Asia/Kolkata"

[reports]
formats = ["csv"]
"""
LIMITS = [harness.fixed_value(1), harness.rolling(days=(1, 1))]
LOG = [
    harness.define(harness.definition("B", limits=LIMITS, name="<b>Gold</b> \x1b[31m")),
    harness.define(harness.definition("B", limits=[harness.fixed_value(2)], since="2024-01-02T00:00:00Z", name="Gold")),
    harness.earn("B", "c1", "2024-01-01T10:00:00Z", rid="r1"),
    harness.earn("B", "c1", "2024-01-01T12:00:00Z", rid="r2"),
    harness.earn("B", "c1", "2024-01-03T10:00:00Z", rid="r3", answer=1039),
    harness.earn("B", "c2", "2024-01-03T10:00:00Z", rid="r4"),
]


@pytest.fixture
def folder(after_a_run: Path) -> Path:
    """The folder in which the commands run, after one run."""
    return after_a_run


class Told:
    """What the command said."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> None:
        assert cli.run_command(["explain", *arguments, "--warehouse", "ledger.duckdb"]) == code
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def breach_ids(capsys: pytest.CaptureFixture[str]) -> list[str]:
    text = Path("reports/2024-02-01/breaches.csv").read_text()
    return re.findall(r"[0-9a-f]{16}~[A-Z0-9]+", text)


def test_a_breach_tells_its_span_its_version_its_line_and_what_replay_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [breach] = [one for one in breach_ids(capsys) if one.endswith("~CRD1")]
    told = Told(capsys, breach)
    for words in (
        "The 2nd where only 1 fits",
        "Customer c1 has 2 counted issuances of Gold where the limit is 1 (per customer, in any day)",
        '"requestId": "r2"',
        "2024-01-01 12:00:00 UTC (2024-01-01 17:30:00 Asia/Kolkata): loggedAt of the line",
        "▲ per customer, in any day  CUSTOMER:ROLLING_WINDOW:DAYS:1",
        "2nd of 1, 1 over",
        "room again from 2024-01-02 12:00:00 UTC",
        "reject, customer-limit in CUSTOMER:FIXED_VALUE",
        "settings of the last run: zone=Asia/Kolkata",
    ):
        assert words in told.out + told.err
    story = Told(capsys, breach, "--json").json
    [rolling] = [one for one in story["issuance"]["counts"] if one["breach_id"] == breach]
    assert [(one["place"], one["own"]) for one in rolling["filled"]] == [(1, False), (2, True)]
    assert rolling["free_from"] == "2024-01-02T12:00:00.000000Z"
    assert story["issuance"]["source"]["line"] == 4


def test_the_beginning_of_an_id_will_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    breach = breach_ids(capsys)[0]
    assert Told(capsys, breach[:9], "--json").json["id"] == breach[:16]
    assert Told(capsys, breach[:19], "--kind", "breach", "--json").json["kind"] == "breach"
    assert Told(capsys, "badge-not", "--json").json["id"] == "badge-not-active"


def test_a_badge_tells_its_versions_and_what_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "B", "--json").json
    changes = {one["what"]: (one["before"], one["after"]) for one in told["badge"]["versions"][1]["changes"]}
    assert changes == {
        "name": ("<b>Gold</b> \x1b[31m", "Gold"),
        "CUSTOMER:FIXED_VALUE": ("1", "2"),
        "CUSTOMER:ROLLING_WINDOW:DAYS:1": ("1", "no limit"),
    }
    page = Told(capsys, "B").out
    assert "\x1b" not in page
    assert "\\x1b[31m → Gold" in page


def test_a_customer_tells_what_it_has_and_when_there_is_room(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(capsys, "c1", "--json").json["customer"]
    assert {one["label"]: one["count"] for one in told["tallies"]}["refused"] == 1
    [use] = told["closest"]
    assert (use["count"], use["number"], use["free_from"]) == (2, 2, None)


def test_a_refused_row_says_what_was_taken_before_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = Told(capsys, "r3/0").out
    assert "does not count: 2 of 2 were taken before it" in out
    assert "REJECTED: refused with 1039: the badge is not active" in out


def test_the_line_of_a_file_that_is_gone_is_still_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = next((folder / "logs").iterdir())
    place.rename(folder / "elsewhere")
    out = Told(capsys, "r3/0").out
    assert f"{place.name}, line 5" in out
    assert "its text is not shown: the file no longer stands" in out


def test_a_page_holds_the_story_and_nothing_foreign(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    breach = breach_ids(capsys)[0]
    assert Told(capsys, breach, "--html", "story.html").out == ""
    page = Path("story.html").read_text()
    assert "The 2nd where only 1 fits" in page
    assert "this one" in page
    Told(capsys, "B", "--html", "story.html")
    page = Path("story.html").read_text()
    assert "&lt;b&gt;Gold&lt;/b&gt; \\x1b[31m" in page
    assert "<b>Gold" not in page
    assert "\x1b" not in page
    assert not re.search(r"https?://|<script|style=", page)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing-such",), "nothing of that name in the report"),
        (("",), "nothing of that name"),
        (("c",), "that it may mean: customer c1; customer c2; code cust"),
        (("c", "--kind", "customer"), "2 that it may mean: customer c1; customer c2"),
        (("c1", "--kind", "shop"), "issuance, breach, finding, badge, customer, code"),
        (("c1", "--as-of", "soon"), "an instant"),
        (("r\x1b[31m",), "\\x1b[31m"),
    ],
)
def test_what_names_nothing_or_several_things_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    told = Told(capsys, *arguments, code=2)
    assert told.out == ""
    assert message in told.err
    assert told.err.count("\n") == 1
