"""What a scheduler sees of a run: one line or none on stdout, log lines on stderr, the numbers of a metrics file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import harness
import pytest

from badgeledger import __version__, cli
from badgeledger.progress import Progress
from badgeledger.warehouse import Warehouse

REPOSITORY = Path(__file__).resolve().parents[2]
NIGHTLY = harness.nightly(
    'as_of = "2024-02-01T00:00:00Z"', "max_quarantined = 0.5", more='[reports]\nformats = ["csv"]'
)
LOG = [
    harness.define(harness.definition("B", limits=[harness.fixed_value(1)])),
    *(harness.earn("B", "c1", f"2024-01-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
    harness.earn("B", "c1", "2024-01-03T10:00:00Z", rid="r3"),
    "}{",
]
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (\d{8}T\d{6}Z-\d+) (info|warning|error) (.+)")
SAMPLE = re.compile(r'badgeledger_([a-z_]+)\{pipeline="nightly"(?:,([a-z]+)="([^"]*)")?\} (\S+)')


@pytest.fixture
def nightly(tmp_path: Path) -> Path:
    """A pipeline file beside a log with two breaches, one line delivered twice and one that is broken."""
    (tmp_path / "nightly.toml").write_text(NIGHTLY)
    harness.write_files(tmp_path / "logs", harness.files_of({"a.jsonl": LOG}))
    return tmp_path / "nightly.toml"


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command(["run", *(str(argument) for argument in arguments)]) == code


def logged(text: str) -> list[tuple[str, str, str]]:
    """The lines of a log as (run id, level, text)."""
    found = [LOG_LINE.fullmatch(line) for line in text.splitlines()]
    assert all(found), text
    return [(line[1], line[2], line[3]) for line in found if line]


def samples(path: Path) -> dict[tuple[str, str], float]:
    """The values of a metrics file by name and label value; every line of it is understood."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    found = [SAMPLE.fullmatch(line) for line in lines]
    assert all(found), lines
    return {(one[1], one[3] or ""): float(one[4]) for one in found if one}


def test_a_quiet_run_prints_nothing(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(nightly, "--quiet")
    assert capsys.readouterr() == ("", "")
    assert (nightly.parent / "reports" / "2024-02-01" / "manifest.json").exists()


def test_a_quiet_run_still_warns_and_fails_aloud(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(nightly, "--quiet")
    run(nightly, "--quiet", "--as-of", "2024-02-02T00:00:00Z")
    out, err = capsys.readouterr()
    assert out == ""
    assert [line[1:] for line in logged(err)] == [("warning", "no-input: inputs were given, and brought no new line")]
    with Warehouse.open(nightly.parent / "ledger.duckdb"):
        run(nightly, "--quiet", "--lock-timeout", "0", code=5)
    first, paragraph = capsys.readouterr().err.splitlines()
    assert [line[1:] for line in logged(first)] == [("error", "ended with code 5 (0 s)")]
    assert paragraph.startswith("badgeledger: ")
    assert "held by process" in paragraph


def test_json_is_one_line_that_names_the_run_of_the_log(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(nightly, "--json")
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    facts = json.loads(out)
    assert {run_id for run_id, _, _ in logged(err)} == {facts["run_id"]}
    assert list(facts["seconds"]) == ["ingest", "account", "check", "report"]
    totals = {name: facts["totals"][name] for name in ("breaches", "errors", "warnings", "notices", "quarantined")}
    assert totals == {"breaches": 2, "errors": 0, "warnings": 0, "notices": 0, "quarantined": 1}


def test_the_log_tells_each_step_at_once(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(nightly)
    lines = logged(capsys.readouterr().err)
    assert {level for _, level, _ in lines} == {"info"}
    words = ["ingest", "account", "check", "report", "self-check"]
    assert [text.partition(":")[0] for _, _, text in lines] == words


def test_the_log_of_a_process_stands_on_stderr_alone(nightly: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "badgeledger", "run", str(nightly), "--json"],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(logged(done.stderr)) >= 4
    assert json.loads(done.stdout)["totals"]["breaches"] == 2


def test_hostile_names_stay_one_log_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress(log=True)
    shown("ingest: a\n2024-01-01T00:00:00Z x error \x1b[31mforged")
    shown.warn("b\nc")
    assert [(level, text) for _, level, text in logged(capsys.readouterr().err)] == [
        ("info", "ingest: a\\n2024-01-01T00:00:00Z x error \\x1b[31mforged (0 s)"),
        ("warning", "b\\nc"),
    ]


def test_metrics_hold_the_numbers_of_the_run(nightly: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = nightly.parent / "badgeledger.prom"
    path.write_text("of an earlier run\n")
    run(nightly, "--metrics", path)
    found = samples(path)
    assert {key: value for key, value in found.items() if key[0] == "lines"} == {
        ("lines", "read"): 6,
        ("lines", "accepted"): 4,
        ("lines", "duplicate"): 1,
        ("lines", "quarantined"): 1,
    }
    assert (found["files", "new"], found["files", "known"]) == (1, 0)
    assert (found["breaches", ""], found["issuances", ""], found["counted_issuances", ""]) == (2, 3, 3)
    assert [found["findings", severity] for severity in ("error", "warning", "notice")] == [0, 0, 0]
    assert found["as_of_timestamp_seconds", ""] == harness.micros("2024-02-01T00:00:00Z") // 1_000_000
    assert found["last_success_timestamp_seconds", ""] > found["as_of_timestamp_seconds", ""]
    steps = {label for name, label in found if name == "step_duration_seconds"}
    assert steps == {"ingest", "account", "check", "report"}
    assert found["build_info", __version__] == 1
    assert sorted(entry.name for entry in nightly.parent.iterdir() if "prom" in entry.name) == ["badgeledger.prom"]
    run(nightly, "--metrics", path, "--as-of", "2024-02-02T00:00:00Z")
    found = samples(path)
    assert (found["lines", "read"], found["files", "known"], found["findings", "warning"]) == (0, 1, 1)


def test_each_metric_has_its_help_and_type_once_before_its_values(nightly: Path) -> None:
    path = nightly.parent / "badgeledger.prom"
    run(nightly, "--metrics", path)
    told: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith("# HELP "):
            told.append(line.split()[2])
        else:
            assert line.removeprefix("# TYPE ").startswith(told[-1]), line
    assert len(told) == len(set(told)) >= 11


def test_a_run_that_fails_leaves_the_metrics_as_they_were(nightly: Path) -> None:
    path = nightly.parent / "badgeledger.prom"
    path.write_text("of an earlier run\n")
    (nightly.parent / "logs" / "b.jsonl").write_text("}{\n" * 20)
    run(nightly, "--metrics", path, code=3)
    assert path.read_text() == "of an earlier run\n"


def test_metrics_are_written_also_when_the_report_shows_breaches(nightly: Path) -> None:
    path = nightly.parent / "badgeledger.prom"
    run(nightly, "--metrics", path, "--fail-on", "breaches", code=4)
    assert samples(path)["breaches", ""] == 2


def test_a_place_for_metrics_that_is_not_there_is_told_before_anything_is_done(
    nightly: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(nightly, "--metrics", nightly.parent / "nowhere" / "x.prom", code=2)
    assert "--metrics" in capsys.readouterr().err
    assert not (nightly.parent / "ledger.duckdb").exists()
