"""`rows = "open"`: a report holds what can still change or may have changed, says of how many, and is proved."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import harness
import pytest

from badgeledger import cli, earlier
from badgeledger.reports.open_rows import CUT_TABLES
from badgeledger.reports.tables import TABLES

NIGHTLY = harness.nightly(
    "max_quarantined = 0.5", more='[reports]\nrows = "ROWS"\nformats = ["csv", "parquet", "html", "xlsx"]'
)
LIMITS = [harness.fixed_value(1), harness.every_days(5, 1), harness.every_days(5, 2, "BADGE")]
DEFINED = harness.define(harness.definition("B", limits=LIMITS, earned=harness.relative("DAYS", 20)))
ASKED = harness.earn("B", "c7", "2024-01-02T09:00:00Z", rid="a")
LATE = harness.earn("B", "c1", "2024-01-09T09:00:00Z", rid="l")


def earns(customer: str, *days: int) -> list[harness.Line]:
    return [harness.earn("B", customer, f"2024-01-{day:02}T10:00:00Z", rid=f"{customer}.{day}") for day in days]


NIGHTS: dict[int, list[harness.Line]] = {
    11: [DEFINED, *earns("c1", 1, 2, 10), *earns("c2", 3), harness.unanswered(ASKED), harness.unanswered(LATE), "}{"],
    12: [*earns("c2", 11)],
    # An answer to a request of three days ago, that is now older than the night before.
    13: [*earns("c3", 12), harness.unasked(LATE)],
    14: [],
}


class Nightly:
    """The same nights, once with all rows and once with the open ones."""

    def __init__(self, place: Path) -> None:
        self.place = place
        (place / "logs").mkdir()
        for rows in ("all", "open"):
            text = NIGHTLY.replace("ROWS", rows).replace("ledger", rows).replace("reports/", f"{rows}/")
            (place / f"{rows}.toml").write_text(text)

    def night(self, day: int, lines: Iterable[harness.Line], *options: str) -> None:
        if lines:
            harness.write_files(self.place / "logs", harness.files_of({f"{day}.jsonl": lines}))
        for rows in ("all", "open"):
            run("run", self.place / f"{rows}.toml", "--as-of", f"2024-01-{day}T00:00:00Z", *options)

    def folder(self, rows: str, day: int) -> Path:
        return self.place / rows / f"2024-01-{day}"

    def table(self, rows: str, day: int, name: str) -> list[dict[str, str]]:
        with (self.folder(rows, day) / f"{name}.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def manifest(self, rows: str, day: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder(rows, day) / "manifest.json").read_text())
        return found


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


@pytest.fixture(scope="module")
def nightly(tmp_path_factory: pytest.TempPathFactory) -> Nightly:
    """Four nights: the second adds to the log, the third answers an old request, the fourth brings nothing."""
    made = Nightly(tmp_path_factory.mktemp("open"))
    for day, lines in NIGHTS.items():
        made.night(day, lines)
    return made


def test_the_first_report_holds_all_rows(nightly: Nightly) -> None:
    for name in TABLES:
        assert nightly.table("open", 11, name) == nightly.table("all", 11, name), name
    assert nightly.manifest("open", 11)["open_from"] is None


@pytest.mark.parametrize("day", list(NIGHTS))
def test_every_row_that_changed_since_the_report_before_is_open(day: int, nightly: Nightly) -> None:
    for name in TABLES:
        whole, shown = nightly.table("all", day, name), nightly.table("open", day, name)
        assert [row for row in whole if row in shown] == shown, name
        if day > 11:
            before = nightly.table("all", day - 1, name)
            # That a flag of the night before is no longer new is no change of it.
            moved = [row for row in whole if row.get("state") not in {"still-open", "gone-before"}]
            assert [row for row in moved if row not in before and row not in shown] == [], name
        if name not in CUT_TABLES:
            assert shown == whole, name


def test_what_is_final_stays_in_the_warehouse(nightly: Nightly) -> None:
    assert nightly.manifest("open", 12)["open_from"] == "2024-01-11T00:00:00.000001Z"
    keys = [(row["customer_id"], row["processed_at"][8:10]) for row in nightly.table("open", 12, "issuances")]
    # Beside the new one, two that are not answered yet.
    assert keys == [("c7", "02"), ("c1", "09"), ("c2", "11")]
    breaches = [(row["customer_id"], row["limit_name"]) for row in nightly.table("open", 12, "breaches")]
    assert breaches == [("c2", "CUSTOMER:FIXED_VALUE")]
    flags = [(row["kind"], row["customer_id"], row["state"]) for row in nightly.table("open", 12, "changes")]
    assert flags == [("breach", "c2", "new"), ("finding", "c2", "new")]
    used = [(row["customer_id"], row["limit_name"]) for row in nightly.table("open", 12, "usage")]
    assert used == [
        ("", "BADGE:FIXED_WINDOW:DAYS:5"),
        ("c2", "CUSTOMER:FIXED_VALUE"),
        ("c2", "CUSTOMER:FIXED_WINDOW:DAYS:5"),
    ]


def test_a_night_takes_the_report_before_from_the_ledger_that_is_in_place(
    nightly: Nightly, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is counted again for it; that both ways give the same is shown where such nights are reproduced."""
    recounted: list[str] = []
    monkeypatch.setattr(earlier, "_made_again", lambda *given: recounted.append("recounted"))
    nightly.night(15, earns("c4", 14))
    assert recounted == []
    shown, whole = (nightly.table(rows, 15, "changes") for rows in ("open", "all"))
    assert [row for row in whole if row in shown] == shown != []


def test_a_late_answer_opens_what_lies_behind_its_request(nightly: Nightly) -> None:
    assert nightly.manifest("open", 13)["open_from"] == "2024-01-09T09:00:00.000000Z"
    keys = [(row["customer_id"], row["processed_at"][8:10]) for row in nightly.table("open", 13, "issuances")]
    assert keys == [("c7", "02"), ("c1", "09"), ("c1", "10"), ("c2", "11"), ("c3", "12")]


def test_a_night_without_anything_new_holds_what_can_still_change(nightly: Nightly) -> None:
    assert [row["customer_id"] for row in nightly.table("open", 14, "issuances")] == ["c7"]
    assert nightly.table("open", 14, "breaches") == []
    assert [row["code"] for row in nightly.table("open", 14, "findings")] == ["no-input"]
    assert len(nightly.table("open", 14, "expirations")) == len(nightly.table("all", 14, "expirations"))


@pytest.mark.parametrize("day", list(NIGHTS))
def test_manifest_and_page_say_how_many_of_how_many(day: int, nightly: Nightly) -> None:
    outputs, whole = nightly.manifest("open", day)["outputs"], nightly.manifest("all", day)["outputs"]
    page = (nightly.folder("open", day) / "report.html").read_text()
    for name in TABLES:
        for kind in ("csv", "parquet"):
            promise = outputs[f"{name}.{kind}"]
            assert promise["rows"] == len(nightly.table("open", day, name)), name
            assert promise["of"] == whole[f"{name}.{kind}"]["rows"], name
    for name in CUT_TABLES:
        promise = outputs[f"{name}.csv"]
        noun = "row" if promise["of"] == 1 else "rows"
        assert f"<code>{name}</code></th><td>{promise['rows']} of {promise['of']} {noun}</td>" in page
    assert "of" not in whole["issuances.csv"]
    assert 'id="open-rows"' not in (nightly.folder("all", day) / "report.html").read_text()


@pytest.mark.parametrize("day", list(NIGHTS))
def test_verify_and_reproduce_work_with_open_rows(day: int, nightly: Nightly) -> None:
    folder, warehouse = nightly.folder("open", day), nightly.place / "open.duckdb"
    run("verify", folder, "--warehouse", warehouse)
    run("verify", folder, "--warehouse", warehouse, "--sample", "3")
    run("reproduce", folder, "--warehouse", warehouse)


def copied(folder: Path, place: Path) -> Path:
    return Path(shutil.copytree(folder, place / "report"))


@pytest.mark.parametrize("name", ["issuances", "changes"])
def test_verify_finds_a_row_that_was_left_out(name: str, nightly: Nightly, tmp_path: Path) -> None:
    folder = copied(nightly.folder("open", 13), tmp_path)
    path = folder / f"{name}.csv"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    run("verify", folder, "--inputs", nightly.place / "logs", code=7)


def test_verify_finds_a_flag_of_which_nothing_became(
    nightly: Nightly, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Even where the manifest promises it."""
    folder = copied(nightly.folder("open", 14), tmp_path)
    whole = nightly.folder("all", 14) / "changes.csv"
    assert whole.read_bytes() != (folder / "changes.csv").read_bytes()
    shutil.copy(whole, folder / "changes.csv")
    promised = json.loads((folder / "manifest.json").read_text())
    other = json.loads((whole.parent / "manifest.json").read_text())
    promised["outputs"]["changes.csv"] |= other["outputs"]["changes.csv"]
    (folder / "manifest.json").write_text(json.dumps(promised))
    capsys.readouterr()
    run("verify", folder, "--inputs", nightly.place / "logs", code=7)
    assert "a flag of which nothing became" in capsys.readouterr().out


def test_other_settings_open_every_row(nightly: Nightly, tmp_path: Path) -> None:
    made = Nightly(tmp_path)
    made.night(11, NIGHTS[11])
    made.night(12, NIGHTS[12], "--set", "zone=Asia/Kolkata")
    assert made.manifest("open", 12)["open_from"] is None
    for name in TABLES:
        assert made.table("open", 12, name) == made.table("all", 12, name), name
