"""`badgeledger lint` from the command line: files, the warehouse, both, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import harness
import pytest

from badgeledger import cli

LIVE = harness.definition("B", name="Live", limits=[harness.every_days(3, 2)], since="2023-12-01T00:00:00Z")
NEXT = harness.definition("B", name="Live", limits=[harness.fixed_value(2)], start="2024-02-01T00:00:00Z", since=None)
ENDING = harness.definition("E", name="Ending")
WRONG = harness.definition("W", name="Back to front", start="2024-05-01T00:00:00Z", end="2024-04-01T00:00:00Z")


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(tmp_path)
    harness.write_files(tmp_path / "logs", harness.files_of([LIVE, ENDING, WRONG]))
    assert cli.run_command(["ingest", "logs", "--warehouse", "ledger.duckdb"]) == 0
    capsys.readouterr()
    return tmp_path / "ledger.duckdb"


def linted(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[dict[str, str]]:
    assert cli.run_command(["lint", *arguments, "--at", "2024-03-01T00:00:00Z", "--json"]) == code
    rows: list[dict[str, str]] = json.loads(capsys.readouterr().out)["rows"]
    return rows


def write(name: str, content: object) -> str:
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return name


def test_the_warehouse_is_checked_without_a_run(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = linted(capsys, "--warehouse", "ledger.duckdb")
    assert [(row["badge_id"], row["code"], row["platform_code"], row["source"][:18]) for row in found] == [
        ("B", "straddle", "", "version 2023-12-01"),
        ("W", "start-after-end", "720", "version 2023-12-01"),
    ]


def test_a_file_is_checked_against_the_version_in_force(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("next.json", NEXT)
    assert linted(capsys, path) == []
    found = linted(capsys, path, "--warehouse", "ledger.duckdb")
    assert [(row["code"], row["platform_code"], row["severity"]) for row in found] == [
        ("start-changed-when-live", "723", "error"),
        ("illegal-constraint-change", "826", "error"),
    ]
    assert "startOn 2024-01-01T00:00:00Z -> 2024-02-01T00:00:00Z" in found[0]["message"]


def test_each_ground_on_which_an_update_is_refused(warehouse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On 1 March 2024: an end in February, a start after the end, and a live badge that moves and changes its kind."""
    ended = harness.definition("E", name="Ending", end="2024-02-01T00:00:00Z", since=None)
    moved = harness.definition("W", name="Back to front", start="2024-04-01T00:00:00Z", end="2024-04-01T00:00:00Z")
    path = write("next.json", [NEXT, ended, moved])
    found = linted(capsys, path, "--warehouse", "ledger.duckdb")
    assert [(row["badge_id"], row["platform_code"]) for row in found] == [
        ("B", "723"),
        ("B", "826"),
        ("E", "724"),
        ("W", "720"),
    ]
    assert found[2]["message"] == (
        "expiresOn 2025-01-01T00:00:00Z -> 2024-02-01T00:00:00Z: the new end lies before 2024-03-01T00:00:00Z"
    )
    assert [row["platform_code"] for row in linted(capsys, path)] == ["720"]


def test_every_shape_of_a_definition_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new = {name: value for name, value in LIVE.items() if name not in ("id", "lastUpdatedOn")}
    paths = [
        write("new.json", new),
        write("data.json", {"data": LIVE}),
        write("exchange.json", harness.define(LIVE)),
        write("array.json", [LIVE, new]),
        write("lines.jsonl", json.dumps(LIVE) + "\n" + json.dumps(new) + "\n"),
    ]
    found = linted(capsys, *paths)
    assert [(row["source"], row["badge_id"]) for row in found] == [
        ("new.json, line 1", "new badge"),
        ("data.json, line 1", "B"),
        ("exchange.json, line 1", "B"),
        ("array.json, line 2", "B"),
        ("array.json, line 27", "new badge"),
        ("lines.jsonl, line 1", "B"),
        ("lines.jsonl, line 2", "new badge"),
    ]
    assert {row["code"] for row in found} == {"straddle"}


@pytest.mark.parametrize(("condition", "code"), [("error", 0), ("warning", 4)])
def test_fail_on_ends_with_4_after_saying_why(
    condition: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write("none.json", harness.definition("B", limits=[harness.fixed_value(0)]))
    assert [row["code"] for row in linted(capsys, path, "--fail-on", condition, code=code)] == ["allows-nothing"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not-json"),
        ('{"badgeMetaId": "B", "customerId": "c", "requestId": "1"}', "startOn"),
        (json.dumps(LIVE | {"earnType": "SOMETIMES"}), "invalid-enum"),
        ("", "found none"),
    ],
)
def test_a_file_without_a_definition_is_one_paragraph(
    content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run_command(["lint", write("bad.json", content)]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("badgeledger: bad.json, line 1: expected a badge definition")
    assert said in captured.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "JSON files with definitions, or --warehouse FILE"),
        (("missing.json",), 3, "No such file"),
        (("--warehouse", "missing.duckdb"), 5, "no such file"),
        (("--warehouse", "ledger.duckdb", "--badge", "C"), 2, "none of them"),
    ],
)
def test_what_is_not_there_is_one_paragraph(
    arguments: tuple[str, ...], code: int, said: str, warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run_command(["lint", *arguments]) == code
    assert said in capsys.readouterr().err
