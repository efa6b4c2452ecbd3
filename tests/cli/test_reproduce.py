"""`badgeledger reproduce`: any past report can be made again, byte for byte, whatever came after it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import harness
import pytest

from badgeledger import cli
from badgeledger.reports import manifest
from badgeledger.warehouse import Warehouse

PIPELINE = harness.nightly(
    'as_of = "2024-02-01T00:00:00Z"',
    "max_quarantined = 0.5",
    more="""\
[[inputs]]
path = "local"
zone = "Asia/Kolkata"

[rules]
zone = "Europe/Berlin"
""",
)
CALL = harness.issue_bulk("B", ["c1", "c2"], "2024-01-10T00:00:00Z", answers=[("c1", "i1"), ("c2", 1040)])
LIMITS = [harness.fixed_value(1), harness.every_days(5, 1)]
LOCAL = harness.earn("B", "c4", "2024-01-05T10:00:00Z", rid="r4") | {"loggedAt": "2024-01-05T10:00:00"}
FIRST: dict[str, Iterable[harness.Line]] = {
    "logs/b.jsonl": [
        harness.define(harness.definition("B", limits=LIMITS)),
        *(harness.earn("B", "c1", f"2024-01-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
        harness.unanswered(CALL),
        "}{",
    ],
    "local/c.jsonl": [LOCAL],
}
LATER: list[dict[str, Iterable[harness.Line]]] = [
    {"logs/d.jsonl": [harness.unasked(CALL), harness.earn("B", "c1", "2024-01-04T10:00:00Z", rid="r5")]},
    # A definition that was in force in the midst of what is known, and a first file again under a smaller name.
    {
        "logs/e.jsonl": [
            harness.define(harness.definition("B", limits=[harness.fixed_value(0)], since="2024-01-02T12:00:00Z"))
        ],
        "logs/a.jsonl": FIRST["logs/b.jsonl"],
    },
    {"logs/f.jsonl": [harness.define(harness.definition("N", name="badge B")), *FIRST["logs/b.jsonl"], CALL]},
]


def write(folder: Path, files: dict[str, Iterable[harness.Line]]) -> None:
    for name, data in harness.files_of(files).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


@pytest.fixture(scope="module")
def four_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse after four nights, the last with another zone; `reports` holds the report of each."""
    base = tmp_path_factory.mktemp("nights")
    (base / "nightly.toml").write_text(PIPELINE)
    write(base, FIRST)
    run("run", base / "nightly.toml")
    for night, files in enumerate(LATER, start=2):
        write(base, files)
        zone = ("--set", "zone=America/Havana") if night == 4 else ()
        run("run", base / "nightly.toml", "--as-of", f"2024-02-0{night}T06:00:00Z", *zone)
    return base


@pytest.fixture
def copied(four_nights: Path, tmp_path: Path) -> Path:
    """A copy of the first night's report, to tamper with."""
    return shutil.copytree(four_nights / "reports" / "2024-02-01", tmp_path / "report")


def answer(capsys: pytest.CaptureFixture[str], base: Path, folder: Path, code: int) -> dict[str, Any]:
    capsys.readouterr()
    run("reproduce", folder, "--warehouse", base / "ledger.duckdb", "--json", code=code)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def one_difference(capsys: pytest.CaptureFixture[str], base: Path, folder: Path) -> tuple[str, str, str]:
    facts = answer(capsys, base, folder, 7)
    assert facts["identical"] is False
    (difference,) = facts["differences"]
    return difference["where"], difference["expected"], difference["found"]


@pytest.mark.parametrize("night", [1, 2, 3, 4])
def test_every_night_is_identical_after_all_that_came_later(
    four_nights: Path, night: int, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = four_nights / "reports" / f"2024-02-0{night}"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    facts = answer(capsys, four_nights, folder, 0)
    assert (facts["identical"], facts["differences"], facts["other_versions"]) == (True, [], {})
    assert facts["inputs"] == len(json.loads(before["manifest.json"])["inputs"])
    assert facts["files"] == len(before)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_nights_differ_in_what_they_know(four_nights: Path) -> None:
    """Else the test before would prove nothing: each night brought something that changes earlier tables."""
    known = [json.loads(path.read_bytes()) for path in sorted((four_nights / "reports").glob("*/manifest.json"))]
    hashes = [{name: entry["sha256"] for name, entry in night["outputs"].items()} for night in known]
    for name, tables in {"issuances.csv": 3, "breaches.csv": 4, "limits.csv": 2, "report.html": 4}.items():
        assert len({night[name] for night in hashes}) == tables, name
    paths = [[entry["path"] for entry in night["inputs"]] for night in known]
    assert paths[1:3] == [["b.jsonl", "c.jsonl", "d.jsonl"], ["a.jsonl", "c.jsonl", "d.jsonl", "e.jsonl"]]
    assert [entry["zone"] for entry in known[0]["inputs"]] == [None, "Asia/Kolkata"]


def test_a_night_without_a_new_line_is_made_again_with_its_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nightly.toml").write_text(PIPELINE)
    write(tmp_path, FIRST)
    run("run", tmp_path / "nightly.toml")
    run("run", tmp_path / "nightly.toml", "--as-of", "2024-02-02T00:00:00Z")
    write(tmp_path, LATER[0])
    run("run", tmp_path / "nightly.toml", "--as-of", "2024-02-03T00:00:00Z")
    folder = tmp_path / "reports" / "2024-02-02"
    assert "no-input" in (folder / "findings.csv").read_text()
    assert answer(capsys, tmp_path, folder, 0)["identical"] is True


def test_a_person_reads_one_line(four_nights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("reproduce", four_nights / "reports" / "2024-02-01", "--warehouse", four_nights / "ledger.duckdb")
    printed = capsys.readouterr().out
    assert printed.startswith("identical: 27 files with ")
    assert printed.endswith("rows of tables, made again from 2 inputs\n")


def test_a_changed_cell_is_named_with_its_row_and_column(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied / "breaches.csv"
    lines = path.read_text().splitlines(keepends=True)
    cells = lines[2].split(",")
    assert cells[9] == "3"
    path.write_text("".join([*lines[:2], ",".join([*cells[:9], "9", *cells[10:]]), *lines[3:]]))
    where, expected, found = one_difference(capsys, four_nights, copied)
    assert where.startswith("breaches.csv, row 2 (badge_id B, limit_name CUSTOMER:FIXED_")
    assert where.endswith(", column count")
    assert (expected, found) == ("3", "9")
    run("reproduce", copied, "--warehouse", four_nights / "ledger.duckdb", code=7)
    captured = capsys.readouterr()
    assert captured.out.startswith("different: 1 of 27 files\nbreaches.csv, row 2 (")
    assert "column count: expected 3; found 9. What is expected follows" in captured.err


def test_a_missing_row_and_one_too_many_are_named(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied / "limits.csv"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    where, expected, found = one_difference(capsys, four_nights, copied)
    assert (where, found) == ("limits.csv, row 2", "the end of the table")
    assert expected.startswith("the row badge_id B, version 2023-12-01T00:00:00.000000Z~")
    path.write_bytes(whole + whole.splitlines(keepends=True)[-1])
    where, expected, found = one_difference(capsys, four_nights, copied)
    assert (where, expected, found[:20]) == ("limits.csv, row 3", "the end of the table", "the row badge_id B, ")


def test_a_changed_parquet_table_is_named_by_its_row(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import polars as pl

    path = copied / "usage.parquet"
    changed = pl.read_parquet(path).with_columns(pl.col("number") + 1)
    changed.write_parquet(path)
    where, expected, found = one_difference(capsys, four_nights, copied)
    assert where.startswith("usage.parquet, row 1 (badge_id B, ")
    assert where.endswith(", column number")
    assert int(found) == int(expected) + 1


@pytest.mark.parametrize("name", ["report.html", "report.xlsx", "usage.parquet", "usage.csv"])
def test_bytes_that_no_row_shows_are_named_by_their_place(
    name: str, four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (copied / name).read_bytes()
    (copied / name).write_bytes(b"?" + data[1:] if name != "usage.csv" else data[:-1])
    where, expected, found = one_difference(capsys, four_nights, copied)
    place = len(data) - 1 if name == "usage.csv" else 0
    assert where == f"{name}, byte {place:,}"
    assert expected == f"0x{data[place]:02x}"
    assert found == ("the end of the file" if name == "usage.csv" else "0x3f")


def test_files_that_are_missing_or_too_many_are_named(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copied / "daily.csv").unlink()
    (copied / "notes.txt").write_text("mine")
    facts = answer(capsys, four_nights, copied, 7)
    assert facts["differences"] == [
        {"where": "daily.csv", "expected": "a file", "found": "none"},
        {"where": "notes.txt", "expected": "no such file", "found": "one"},
    ]


def test_a_manifest_that_promises_another_hash_is_named_by_its_key(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied / "manifest.json"
    content = json.loads(path.read_bytes())
    honest, content["outputs"]["badges.csv"]["sha256"] = content["outputs"]["badges.csv"]["sha256"], "0" * 64
    path.write_text(json.dumps(content, indent=2) + "\n")
    found = one_difference(capsys, four_nights, copied)
    assert found == ("manifest.json, key outputs.badges.csv.sha256", f'"{honest}"', f'"{"0" * 64}"')


def test_another_version_of_the_software_is_said(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = manifest.versions()
    monkeypatch.setattr(manifest, "versions", lambda: now | {"tzdata": "2099.1"})
    facts = answer(capsys, four_nights, copied, 7)
    assert facts["other_versions"] == {"tzdata": {"then": now["tzdata"], "now": "2099.1"}}
    run("reproduce", copied, "--warehouse", four_nights / "ledger.duckdb", code=7)
    assert f"with tzdata {now['tzdata']}, this is 2099.1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"known_at": {"inputs": 2, "sha256": "0" * 64}}, "key known_at"),
        ({"as_of": "yesterday"}, "at as_of"),
        ({"no_input": "yes"}, "at no_input"),
        ({"settings": {"rules": {"month": "lunar"}, "rows": "all", "formats": ["csv"]}}, "key settings"),
        ({"settings": {"rules": {}, "rows": "all", "formats": ["docx"]}}, "formats docx"),
        (None, "no JSON"),
    ],
)
def test_a_manifest_that_cannot_be_followed_is_a_difference(
    change: dict[str, Any] | None, named: str, four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = copied / "manifest.json"
    path.write_text("{" if change is None else json.dumps(json.loads(path.read_bytes()) | change, indent=2) + "\n")
    run("reproduce", copied, "--warehouse", four_nights / "ledger.duckdb", code=7)
    assert named in capsys.readouterr().err


def test_a_folder_without_manifest_is_a_difference_and_no_folder_a_usage_error(
    four_nights: Path, copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (copied / "manifest.json").unlink()
    run("reproduce", copied, "--warehouse", four_nights / "ledger.duckdb", code=7)
    assert "manifest.json: expected the manifest of a report; found none" in capsys.readouterr().err
    run("reproduce", copied / "badges.csv", "--warehouse", four_nights / "ledger.duckdb", code=2)
    run("reproduce", copied / "nowhere", "--warehouse", four_nights / "ledger.duckdb", code=2)
    assert "nowhere: expected a report folder; found nothing there" in capsys.readouterr().err


def test_without_a_warehouse_it_is_a_usage_error(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("reproduce", copied, code=2)
    assert "expected --warehouse FILE" in capsys.readouterr().err


def test_trouble_with_the_warehouse_ends_with_5(
    four_nights: Path, copied: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("reproduce", copied, "--warehouse", tmp_path / "none.duckdb", code=5)
    assert not (tmp_path / "none.duckdb").exists()
    (tmp_path / "w.duckdb").write_bytes(b"not a database" * 1000)
    run("reproduce", copied, "--warehouse", tmp_path / "w.duckdb", code=5)
    with Warehouse.open(four_nights / "ledger.duckdb"):
        run("reproduce", copied, "--warehouse", four_nights / "ledger.duckdb", "--lock-timeout", "0", code=5)
    capsys.readouterr()
    with Warehouse.open(tmp_path / "empty.duckdb"):
        pass
    run("reproduce", copied, "--warehouse", tmp_path / "empty.duckdb", code=5)
    assert "found 2 of them unknown, the first b.jsonl with SHA-256" in capsys.readouterr().err
