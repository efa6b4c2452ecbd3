"""`ingest --retry-quarantine`: files are read again when fewer of their lines are refused now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import harness
import pytest

from badgeledger import cli

LOCAL = [
    harness.earn("B", "c1", "2024-01-05T10:00:00Z", rid=f"r{n}") | {"loggedAt": f"2024-01-0{n}T10:00:00"}
    for n in (1, 2, 3)
]
LOG = {
    "local.jsonl": [*LOCAL, harness.earn("B", "c1", "2024-01-09T10:00:00Z", rid="r9"), "}{"],
    "broken.jsonl": ["}{", harness.earn("B", "c2", "2024-01-09T11:00:00Z", rid="r8")],
    "sound.jsonl": [harness.earn("B", "c3", "2024-01-09T12:00:00Z", rid="r7")],
}
COUNTS = ("lines", "accepted", "duplicate", "quarantined")
NIGHTLY = """
[pipeline]
name = "nightly"
warehouse = "w.duckdb"
reports = "reports/{as_of:%Y-%m-%d}"
as_of = "2024-02-01T00:00:00Z"
max_quarantined = 1.0

[[inputs]]
path = "logs"
zone = "Asia/Kolkata"

[reports]
formats = ["csv"]
"""


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Three files in a warehouse; the times of one are refused, for nobody said what its zone is."""
    harness.write_files(tmp_path / "logs", harness.files_of(LOG))
    assert cli.run_command(["ingest", str(tmp_path / "logs"), "--warehouse", str(tmp_path / "w.duckdb")]) == 0
    return tmp_path / "logs"


def ingest(capsys: pytest.CaptureFixture[str], logs: Path, *options: str) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    arguments = ["ingest", str(logs), "--warehouse", str(logs.parent / "w.duckdb"), "--json", *options]
    assert cli.run_command(arguments) == 0
    return {file["path"]: file for file in json.loads(capsys.readouterr().out)}


def counts(file: dict[str, Any]) -> list[int]:
    return [file[name] for name in COUNTS]


def test_without_the_option_no_known_file_is_read_again(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = ingest(capsys, logs, "--zone", "Asia/Kolkata")
    assert counts(found["local.jsonl"]) == [5, 1, 0, 4]
    assert all(file["known"] and not file["again"] for file in found.values())


def test_a_file_that_reads_better_now_is_taken_anew_as_a_whole(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = ingest(capsys, logs, "--zone", "Asia/Kolkata", "--retry-quarantine")
    assert counts(found["local.jsonl"]) == [5, 4, 0, 1]
    assert {path: (file["known"], file["again"]) for path, file in found.items()} == {
        "local.jsonl": (False, True),
        "broken.jsonl": (True, False),
        "sound.jsonl": (True, False),
    }
    again = ingest(capsys, logs, "--zone", "Asia/Kolkata", "--retry-quarantine")
    assert counts(again["local.jsonl"]) == [5, 4, 0, 1]
    assert not any(file["again"] for file in again.values())


def test_a_file_that_would_read_worse_stays_as_it_was_read(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ingest(capsys, logs, "--zone", "Asia/Kolkata", "--retry-quarantine")
    found = ingest(capsys, logs, "--retry-quarantine")
    assert counts(found["local.jsonl"]) == [5, 4, 0, 1]


def test_the_person_is_told_what_was_read_again(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    warehouse = str(logs.parent / "w.duckdb")
    options = ["--warehouse", warehouse, "--zone", "Asia/Kolkata", "--retry-quarantine"]
    assert cli.run_command(["ingest", str(logs), *options]) == 0
    printed = capsys.readouterr()
    assert "local.jsonl  (known, read again)" in printed.out
    assert "broken.jsonl  (known, not read again)" in printed.out
    assert "1 file read again" in printed.err


def test_afterwards_everything_is_as_if_the_file_had_been_read_so_at_first(logs: Path) -> None:
    (logs.parent / "nightly.toml").write_text(NIGHTLY)
    warehouse = logs.parent / "w.duckdb"
    options = ["--warehouse", str(warehouse), "--zone", "Asia/Kolkata", "--retry-quarantine"]
    assert cli.run_command(["ingest", str(logs), *options]) == 0
    for place, file in (("retried", warehouse), ("at-once", logs.parent / "other.duckdb")):
        run = ["run", str(logs.parent / "nightly.toml"), "--warehouse", str(file), "--out", str(logs.parent / place)]
        assert cli.run_command(run) == 0
    tables = [
        {
            path.name: path.read_bytes()
            for path in (logs.parent / place).iterdir()
            if path.suffix == ".csv" or path.name == "manifest.json"
        }
        for place in ("retried", "at-once")
    ]
    # Files that were read before their zone was declared, and did not gain by it, keep that none was.
    manifests = [json.loads(files.pop("manifest.json")) for files in tables]
    assert [entry["zone"] for entry in manifests[0]["inputs"]] == [None, "Asia/Kolkata", None]
    assert tables[0] == tables[1]
    assert cli.run_command(["verify", str(logs.parent / "retried"), "--inputs", str(logs)]) == 0


def test_a_file_known_under_two_names_keeps_both(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (logs / "twin.jsonl").write_bytes((logs / "local.jsonl").read_bytes())
    ingest(capsys, logs)
    found = ingest(capsys, logs, "--zone", "Asia/Kolkata", "--retry-quarantine")
    assert counts(found["local.jsonl"]) == counts(found["twin.jsonl"]) == [5, 4, 0, 1]
    (logs / "local.jsonl").unlink()
    assert counts(ingest(capsys, logs)["twin.jsonl"]) == [5, 4, 0, 1]
