"""The quick answers from the command line: their forms, their numbers, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import harness
import pytest
from golden.pages import page
from harness import Line

from badgeledger import cli

NIGHTLY = harness.nightly('as_of = "2024-01-20T00:00:00Z"', more='[reports]\nformats = ["csv"]')
EVIL = "evil\x1b[31m\tname"
LOG: list[Line] = [
    harness.definition(
        "B1",
        name="Twice a week",
        limits=[harness.rolling(weeks=(1, 2)), harness.every_days(10, 9, "BADGE")],
        earned=harness.relative("DAYS", 10),
    ),
    harness.definition("B2", name=EVIL, limits=[harness.fixed_value(1)], since="2023-11-01T00:00:00Z"),
    harness.definition("B2", name=EVIL, since="2023-12-01T00:00:00Z"),
    harness.definition("B2", name=EVIL, limits=[harness.fixed_value(2)], since="2024-01-03T00:00:00Z"),
    harness.earn("B1", "c1", "2024-01-15T10:00:00Z", rid="r1", owner="Loyalty"),
    harness.earn("B1", "c1", "2024-01-16T10:00:00Z", rid="r2", owner="Journeys"),
    harness.earn("B1", "c1", "2024-01-17T10:00:00.5Z", rid="r3", owner="Loyalty"),
    harness.earn("B1", "c2", "2024-01-18T10:00:00Z", rid="r4"),
    harness.earn("B2", "c\n1", "2024-01-19T10:00:00Z", rid="r5"),
]


@pytest.fixture
def warehouse(after_a_run: Path) -> Path:
    """A warehouse after one run, in the folder in which the commands run."""
    return after_a_run / "ledger.duckdb"


def asked(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert cli.run_command([*arguments, "--warehouse", "ledger.duckdb"]) == code
    return capsys.readouterr().out


def rows(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(asked(capsys, *arguments, "--csv"), newline="")))


QUESTIONS = (
    ("cycles", "B1"),
    ("limits", "B2"),
    ("headroom", "--used", "0"),
    ("expiring",),
    ("owners",),
    ("advise", "B1"),
)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_the_three_forms_hold_the_same_rows(
    question: tuple[str, ...], warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = rows(capsys, *question)
    assert table
    told = json.loads(asked(capsys, *question, "--json"))
    assert told["as_of"] == "2024-01-20T00:00:00.000000Z"
    assert told["rules"]["zone"] == "UTC"
    texts = [
        {name: "" if value is None else str(value).lower() if value in (True, False) and isinstance(value, bool)
         else str(value) for name, value in row.items()}
        for row in told["rows"]
    ]  # fmt: skip
    assert texts == table
    head, *lines = asked(capsys, *question).splitlines()
    assert head.split("\t") == list(table[0])
    assert [line.split("\t") for line in lines] == [
        [value.replace("\x1b", "\\x1b").replace("\t", "\\t").replace("\n", "\\n") for value in row.values()]
        for row in table
    ]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_a_terminal_is_never_moved_by_what_stands_in_a_log(question: tuple[str, ...], warehouse: Path) -> None:
    shown = page(warehouse, question)
    assert "\x1b" not in shown
    assert "\t" not in shown
    assert shown.count("B1") + shown.count("B2") > 0 or question[0] == "expiring"


def test_settings_are_named_on_stderr(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command(["cycles", "B1", "--warehouse", "ledger.duckdb", "--set", "zone=Asia/Kolkata"]) == 0
    assert capsys.readouterr().err.startswith("settings of the last run: zone=Asia/Kolkata, ")


def test_cycles_are_those_of_the_report_with_their_counts(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "cycles", "B1")
    assert [(row["cycle_no"], row["state"], row["counted"], row["number"]) for row in found] == [
        ("1", "past", "0", ""),
        ("2", "current", "4", "9"),
        ("3", "next", "0", ""),
    ]


def test_a_day_of_23_hours_shows_in_the_length_of_its_cycle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    days = harness.definition("B", start="2024-03-29T23:00:00Z", limits=[harness.every_days(2, 1)])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    harness.write_files(tmp_path / "logs", harness.files_of([days]))
    assert cli.run_command(["run", "nightly.toml"]) == 0
    capsys.readouterr()
    options = ("cycles", "B", "--set", "zone=Europe/Berlin", "--as-of", "2024-04-02T00:00:00Z")
    assert [row["minutes"] for row in rows(capsys, *options)] == ["2820", "2880", "2880"]
    assert "2 d − 1 h" in page(tmp_path / "ledger.duckdb", options)


def test_limits_stand_under_every_version_also_one_without(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "limits", "B2")
    assert [(row["in_force_from"][:10], row["limit_name"], row["number"], row["in_force"]) for row in found] == [
        ("2023-11-01", "CUSTOMER:FIXED_VALUE", "1", "false"),
        ("2023-12-01", "", "", "false"),
        ("2024-01-03", "CUSTOMER:FIXED_VALUE", "2", "true"),
    ]
    assert [row["subjects"] for row in found] == ["", "", "1"]
    assert [(row["breaches"], row["highest"]) for row in rows(capsys, "limits", "B1")] == [("0", "4"), ("1", "3")]


def test_headroom_says_when_the_next_one_fits(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "headroom", "--limit", "CUSTOMER:ROLLING_WINDOW:WEEKS:1", "--used", "0")
    assert [(row["customer_id"], row["headroom"], row["next_at"]) for row in found] == [
        ("c1", "-1", "2024-01-23T10:00:00.000000Z"),
        ("c2", "1", "2024-01-20T00:00:00.000000Z"),
    ]
    assert [row["customer_id"] for row in rows(capsys, "headroom", "--customer", "c2", "--used", "0")] == ["c2"]
    assert rows(capsys, "headroom", "--customer", "c2") == []


def test_expiring_looks_ahead_by_hours_days_and_weeks(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(rows(capsys, "expiring", "--within", "4w")) == 4
    assert [row["customer_id"] for row in rows(capsys, "expiring", "--within", "6d")] == ["c1"]
    assert len(rows(capsys, "expiring", "--within", "130h")) == 1
    assert len(rows(capsys, "expiring", "--within", "129h")) == 0
    assert len(rows(capsys, "expiring", "B2")) == 0


def test_owners_add_up_to_the_use_of_each_limit(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for by, names in (("owner", ["Loyalty", "", "Journeys"]), ("request", ["r1", "r2", "r3", "r4"]), ("batch", ["1"])):
        found = rows(capsys, "owners", "B1", "--by", by)
        badge = [row for row in found if row["limit_name"].startswith("BADGE")]
        assert [row["used_by"] for row in badge] in (names, ["Loyalty", "", "Journeys"])
        assert sum(int(row["counted"]) for row in badge) == 4
        assert sum(float(row["percent"]) for row in badge) == pytest.approx(100)
    over = rows(capsys, "owners", "B1")
    customers = [row for row in over if row["limit_name"].startswith("CUSTOMER")]
    assert [(row["used_by"], row["counted"], row["over_subjects"]) for row in customers] == [
        ("Loyalty", "2", "1"), ("", "1", "0"), ("Journeys", "1", "1"),
    ]  # fmt: skip


def test_the_breach_curve_has_a_row_for_every_number(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "advise", "B1", "--limit", "CUSTOMER:ROLLING_WINDOW:WEEKS:1")
    shown = ("number", "issuances_over", "percent", "customers_over", "last_places", "customers_full", "recorded")
    assert [tuple(row[name] for name in shown) for row in found] == [
        ("1", "2", "50.0", "1", "2", "1", ""),
        ("2", "1", "25.0", "1", "1", "0", "in force"),
        ("3", "0", "0.0", "0", "1", "1", ""),
    ]
    told = json.loads(asked(capsys, "advise", "B1", "--json"))
    assert [(one["limit_name"][:8], one["judged"], one["audit_breaches"]) for one in told["limits"]] == [
        ("BADGE:FI", 4, 0),
        ("CUSTOMER", 4, 1),
    ]


def test_the_breach_curve_is_a_page_with_a_chart_too(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "advise", "B2", "--html", "curve.html")
    page = Path("curve.html").read_text()
    assert page.count("<svg") == page.count("<section>") == 1
    assert "<td>in force</td>" in page
    assert EVIL not in page and "<script" not in page
    curve = "CUSTOMER:ROLLING_WINDOW:WEEKS:1"
    asked(capsys, "advise", "B1", "--limit", curve, "--html", "curve.html")
    page = Path("curve.html").read_text()
    assert '<rect class="a" x="1" y="0" width="4" height="100"><title>1: 2 issuances and 1 customer over it' in page
    assert f"{curve}</bdi></code> · 4 issuances of 2 customers judged" in page
    assert "<h2>Per customer, in any week</h2>" in page


def test_a_window_that_is_only_thought_of_has_a_curve_too(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "advise", "B1", "--window", "BADGE:FIXED_VALUE")
    assert [(row["number"], row["issuances_over"]) for row in found] == [("1", "3"), ("2", "2"), ("3", "1"), ("4", "0")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("advise", "B1", "--limit", "BADGE:FIXED_VALUE"),
            "a limit of the badge: BADGE:FIXED_WINDOW:DAYS:10, CUSTOMER",
        ),
        (("advise", "B1", "--window", "BADGE:WEEKLY"), "a limit's name such as"),
        (("cycles", "B"), "found 2 badges: B1, B2"),
        (("cycles", "Twice a wek"), "'Twice a week' is the closest"),
        (("limits", ""), "none of that name"),
        (("expiring", "--within", "3 days"), "such as 12h, 30d or 4w"),
        (("owners", "--json", "--csv"), "one form of the answer"),
        (("headroom", "--as-of", "yesterday"), "an instant with an offset"),
    ],
)
def test_what_is_not_understood_is_one_paragraph(
    arguments: tuple[str, ...], said: str, warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run_command([*arguments, "--warehouse", "ledger.duckdb"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err.splitlines()[-1]


def test_a_badge_is_named_by_its_id_its_name_or_its_beginning(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, "cycles", "B1") == asked(capsys, "cycles", "Twice a week")


def test_a_warehouse_without_a_run_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "log.jsonl").write_bytes(b"")
    assert cli.run_command(["ingest", str(tmp_path / "log.jsonl"), "--warehouse", str(tmp_path / "w.duckdb")]) == 0
    assert cli.run_command(["owners", "--warehouse", str(tmp_path / "w.duckdb")]) == 2
    assert "a warehouse with at least one run" in capsys.readouterr().err
