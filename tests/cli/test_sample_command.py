"""`badgeledger sample`: what is drawn, what stands in the pack, and that a seed gives the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import harness
import pytest
from conftest import examples
from harness import Line
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeledger import cli
from badgeledger.sampling import allocate

NIGHTLY = harness.nightly('as_of = "2024-02-01T00:00:00Z"', more='[reports]\nformats = ["csv"]')
LOG: list[Line] = [
    harness.definition("B", limits=[harness.rolling(days=(3, 2)), harness.every_week("MONDAY", 9, "BADGE")]),
    harness.definition("C", name="<b>bold</b>", limits=[harness.fixed_value(5)]),
    *(harness.earn("B", f"c{day % 2}", f"2024-01-{day:02}T10:00:00Z", rid=f"r{day}") for day in range(1, 15)),
    harness.earn("B", "c1", "2024-01-20T10:00:00Z", rid="no", answer=816),
    harness.earn("C", "=1+1", "2024-01-21T10:00:00Z", rid="one"),
    harness.earn("C", "c2", "2023-01-21T10:00:00Z", rid="early"),
]


@pytest.fixture
def warehouse(after_a_run: Path) -> Path:
    """A warehouse after one run, in the folder in which the commands run."""
    return after_a_run / "ledger.duckdb"


def draw(*arguments: str, code: int = 0) -> None:
    assert cli.run_command(["sample", *arguments, "--warehouse", "ledger.duckdb"]) == code


def table(folder: str, name: str) -> list[dict[str, str]]:
    with (Path(folder) / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_a_seed_gives_the_same_bytes_and_another_seed_others(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw("--n", "6", "--seed", "7", "--out", "one")
    draw("--n", "6", "--seed", "7", "--out", "two")
    draw("--n", "6", "--seed", "8", "--out", "other")
    assert contents("one") == contents("two")
    keys = [{row["row_key"] for row in table(folder, "issuances")} for folder in ("one", "other")]
    assert keys[0] != keys[1]
    capsys.readouterr()
    draw("--n", "6", "--seed", "7", "--out", "one", "--json")
    assert json.loads(capsys.readouterr().out)["kept"] is True
    assert not Path("one.2").exists()


def test_anybody_can_draw_it_again(warehouse: Path) -> None:
    draw("--n", "6", "--seed", "x", "--out", "pack")
    report = Path("reports") / "2024-02-01" / "issuances.csv"
    with report.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    strata = table("pack", "strata")
    assert [(row["badge_id"], row["outcome"], row["issuances"], row["drawn"]) for row in strata] == [
        ("B", "ACCEPTED", "14", "4"),
        ("B", "REJECTED", "1", "1"),
        ("C", "ACCEPTED", "2", "1"),
    ]
    for stratum in strata:
        members = [
            row["row_key"]
            for row in rows
            if (row["badge_id"], row["outcome"]) == (stratum["badge_id"], stratum["outcome"])
        ]
        members.sort(key=lambda key: hashlib.sha256(f"x/{key}".encode()).hexdigest())
        drawn = [
            row["row_key"]
            for row in table("pack", "issuances")
            if (row["badge_id"], row["outcome"]) == (stratum["badge_id"], stratum["outcome"])
        ]
        assert drawn == members[: int(stratum["drawn"])]


def test_the_pack_holds_all_evidence(warehouse: Path) -> None:
    draw("--n", "99", "--out", "pack")
    issuances = table("pack", "issuances")
    assert len(issuances) == 17
    lines = (Path("logs") / "log.jsonl").read_text().splitlines()
    with (Path("reports") / "2024-02-01" / "breaches.csv").open(newline="", encoding="utf-8") as file:
        breaches = {(row["row_key"], row["limit_name"]): row for row in csv.DictReader(file)}
    for row in issuances:
        assert row["raw"] == lines[int(row["source_line"]) - 1]
        assert row["version"].startswith("2023-12-01")
        story = json.loads((Path("pack") / f"issuance-{int(row['number']):04}.json").read_text())
        assert story["issuance"]["row_key"] == row["row_key"]
    limits = {(row["row_key"], row["limit_name"]): row for row in table("pack", "limits")}
    assert {key for key, row in limits.items() if int(row["excess"])} == set(breaches)
    for key, row in breaches.items():
        assert (limits[key]["span_from"], limits[key]["span_to"]) == (row["window_start"], row["window_end"])
        assert (limits[key]["allowed"], limits[key]["count"]) == (row["number"], row["count"])
    for key, row in limits.items():
        filled = [one for one in table("pack", "filled") if (one["row_key"], one["limit_name"]) == key]
        assert [int(one["place"]) for one in filled] == list(range(1, int(row["count"]) + 1))
        assert all(row["span_from"] <= one["at"] < row["span_to"] for one in filled)
        counted = next(one for one in issuances if one["row_key"] == key[0])["counted"] == "true"
        assert [one["own"] for one in filled[-1:]] == (["true"] if counted else ["false"][: len(filled[-1:])])
    assert [row["expires_at"] for row in issuances if row["request_id"] == "one"] == ["2025-01-01T00:00:00.000000Z"]
    assert [row["findings"] for row in issuances if row["request_id"] == "early"] == ["outside-badge-period"]


def test_the_pages_escape_what_stands_in_a_log_and_load_nothing(warehouse: Path) -> None:
    draw("C", "--out", "pack")
    pages = {path.name: path.read_text() for path in Path("pack").glob("*.html")}
    assert set(pages) == {"index.html", "issuance-0001.html", "issuance-0002.html"}
    for page in pages.values():
        assert "<b>bold</b>" not in page
        assert "<script" not in page
        assert "Content-Security-Policy" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in pages["index.html"]


def test_the_manifest_names_every_file_by_its_hash(warehouse: Path) -> None:
    draw("--n", "2", "--out", "pack")
    told = json.loads((Path("pack") / "manifest.json").read_text())
    found = {name: hashlib.sha256(data).hexdigest() for name, data in contents("pack").items()}
    del found["manifest.json"]
    assert {name: one["sha256"] for name, one in told["outputs"].items()} == found
    assert told["sample"] == {"size": 2, "seed": "0", "badge": None, "strata": ["badge_id", "outcome"]}


def test_nothing_to_draw_from_is_one_paragraph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    harness.write_files(tmp_path / "logs", harness.files_of([harness.definition("B")]))
    assert cli.run_command(["run", "nightly.toml"]) == 0
    draw("--out", "pack", code=2)
    assert "at least one issuance to draw from" in capsys.readouterr().err
    assert not Path("pack").exists()


ALLOCATED = {
    "one each, then by what is left": ([14, 1, 2], 6, [4, 1, 1]),
    "fewer places than strata": ([5, 9, 1], 2, [1, 1, 0]),
    "equal strata go in order": ([3, 3, 3], 4, [2, 1, 1]),
    "more places than issuances": ([2, 3], 60, [2, 3]),
    "one place": ([1, 1], 1, [1, 0]),
}


@pytest.mark.parametrize("case", ALLOCATED)
def test_places_go_to_the_strata(case: str) -> None:
    sizes, places, drawn = ALLOCATED[case]
    assert allocate(sizes, places) == drawn


@settings(max_examples=examples(200))
@given(st.lists(st.integers(1, 500), min_size=1, max_size=20), st.integers(1, 2_000))
def test_every_place_is_given_and_no_stratum_gets_more_than_it_has(sizes: list[int], places: int) -> None:
    drawn = allocate(sizes, places)
    assert sum(drawn) == min(places, sum(sizes))
    assert all(0 <= one <= size for one, size in zip(drawn, sizes, strict=True))
    if places >= len(sizes):
        assert all(drawn)
