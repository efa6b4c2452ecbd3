"""Exit codes, help and error paragraphs of the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from badgeledger import cli, errors
from badgeledger.commands import docs as docs_command
from badgeledger.settings import load

REPOSITORY = Path(__file__).resolve().parents[2]
GOOD = """
[pipeline]
name = "nightly"
warehouse = "ledger.duckdb"

[[inputs]]
path = "logs"
"""


def commands() -> dict[str, object]:
    root = typer.main.get_command(cli.app)
    names: dict[str, object] = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        names |= {f"{name} {sub}": inner for sub, inner in getattr(command, "commands", {}).items()} or {name: command}
    return names


def paragraph(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    """The one paragraph on stderr of a command that fails with `code`."""
    assert cli.run_command(list(arguments)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert "Traceback" not in captured.err
    return captured.err


def pipeline(tmp_path: Path, text: str) -> str:
    path = tmp_path / "nightly.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", sorted(commands()))
def test_help_of_each_command_says_what_it_does_and_has_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run_command([*name.split(), "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Example: badgeledger {name}" in text
    command = commands()[name]
    for parameter in command.params:  # type: ignore[attr-defined]
        assert parameter.help, f"{name} {parameter.name} has no help"


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_of_help_is_cut_or_too_long(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for name in ("", "config", *commands()):
        assert cli.run_command([*name.split(), "--help"]) == 0
        text = capsys.readouterr().out
        assert "..." not in re.sub(r"[]},]\.\.\.", "", text), name
        assert max(map(len, text.splitlines())) <= 80, name
    assert cli.run_command(["--help"]) == 0
    assert "Exit codes: 0 done, 2 usage" in capsys.readouterr().out


def test_the_commands_of_this_version_are_there() -> None:
    assert {name.split()[0] for name in commands()} == {
        "run",
        "ingest",
        "report",
        "prune",
        "rebuild",
        "replay",
        "explain",
        "reproduce",
        "verify",
        "status",
        "cycles",
        "limits",
        "headroom",
        "expiring",
        "owners",
        "lint",
        "advise",
        "sample",
        "init",
        "generate",
        "docs",
        "config",
    }


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command([]) == 0
    assert "Commands:" in capsys.readouterr().out
    assert cli.run_command(["config"]) == 0
    assert "validate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["runn"], "no such command 'runn'"),
        (["run"], "missing argument 'PIPELINE.toml'"),
        (["run", "x.toml", "--bogus"], "no such option: --bogus"),
        (["run", "x.toml", "--lock-timeout", "soon"], "invalid value for '--lock-timeout'"),
        (["run", "missing.toml"], "No such file or directory"),
        (["run", "x.toml", "--fail-on", "rain"], "'rain'"),
        (["report"], "neither"),
        (["status"], "neither"),
        (["docs", "nonsense"], "'nonsense'"),
        (["report", "--warehouse", "w.duckdb", "--known-at", "yesterday"], "'yesterday'"),
        (["ingest", "logs", "--warehouse", "w.duckdb", "--zone", "Mars/Olympus"], "'Mars/Olympus'"),
        (["generate", "logs", "--suffix", ".zip"], ".zip"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_what_to_do(
    arguments: list[str],
    found: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    text = paragraph(capsys, *arguments)
    assert found in text
    assert ": expected " in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[pipeline\n", ["line 1, column 10", "expected TOML"]),
        ('[pipeline]\nname = "a"\nname = "b"\n', ["line 3, column "]),
        ('[pipeline]\nname = "a', ["line 2, column 10"]),
        (GOOD + 'zoen = "UTC"\n', ["key inputs[0].zoen, line 8, column 1:", "did you mean zone?"]),
        (GOOD + '[rules]\nrolling = "x"\n', ["key rules.rolling, line 9, column 1:", "rolling_clock"]),
        (GOOD + '[rules]\nmonth = "lunar"\n', ["key rules.month", "'calendar' or '30-days'", "'lunar'"]),
        (GOOD + '[rules]\nzone = "Mars/Olympus"\n', ["key rules.zone", "IANA", "'Mars/Olympus'"]),
        (GOOD + '[reports]\nrows = "new"\n', ["key reports.rows", "'all' or 'open'", "'new'"]),
        (GOOD + '[reports]\nformats = ["csv", "doc"]\n', ["key reports.formats[1], line 9, column 1:", "'doc'"]),
        (GOOD + "[extra]\n", ["key extra, line 8, column 2:", "pipeline, inputs, rules, reports"]),
        (GOOD.replace('name = "nightly"', ""), ["key pipeline.name, line 2, column 2:", "found none"]),
        (GOOD.replace('"nightly"', '"../up"'), ["key pipeline.name"]),
        (GOOD.replace('name = "nightly"', 'name = "n"\nas_of = "noon"'), ["key pipeline.as_of", "with an offset"]),
        (GOOD.replace('name = "nightly"', 'name = "n"\nsteps = ["report", "ingest"]'), ["key pipeline.steps"]),
        (GOOD.replace('name = "nightly"', 'name = "n"\nsteps = ["repeat"]'), ["key pipeline.steps[0]", "'repeat'"]),
        (GOOD.replace('name = "nightly"', 'name = "n"\nsteps = ["verify"]'), ["key pipeline.steps", '"report" before']),
        (GOOD + '[reports]\nformats = [\n  "csv",\n  "doc",\n]\n', ["key reports.formats[1], line 9, column 1:"]),
        (GOOD + '[[inputs]]\n\n  zone = "UTC"\n', ["key inputs[1].path, line 8, column 3:", "found none"]),
        (GOOD + "# a comment\n\nrules = { month = 30 }\n", ["key inputs[0].rules, line 10, column 1:"]),
        ("pipeline.name = 3\n", ["key pipeline.name, line 1, column 10:", "found 3"]),
        (GOOD + "# a \u2028 b\n[rules]\nmonth = 30\n", ["key rules.month, line 10, column 1:"]),
        ("", ["key pipeline: expected this key; found none"]),
        (GOOD + "[verify]\nsample = 0\n", ["key verify.sample", "greater than or equal to 1"]),
        (GOOD.replace('name = "nightly"', 'name = "n"\nmax_quarantined = 2'), ["key pipeline.max_quarantined"]),
        (GOOD.replace('name = "nightly"', 'name = "n"\nreports = "{today}"'), ["key pipeline.reports", "{as_of:"]),
    ],
)
def test_a_wrong_pipeline_file_is_named_with_its_place(
    text: str, parts: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = pipeline(tmp_path, text)
    found = paragraph(capsys, "config", "validate", path)
    assert path in found
    for part in parts:
        assert part in found


def test_a_file_that_is_not_utf_8_is_named_with_line_and_column(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "nightly.toml"
    path.write_bytes(b'[pipeline]\nname = "\xff"\n')
    assert "line 2, column 9: expected TOML; found the byte 0xff" in paragraph(capsys, "config", "validate", str(path))


@pytest.mark.parametrize(
    ("override", "found"),
    [("zone=Mars/Olympus", "IANA"), ("zoen=UTC", "did you mean zone?"), ("zone", "no equals sign")],
)
def test_a_wrong_set_option_is_named(
    override: str, found: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = paragraph(capsys, "config", "show", pipeline(tmp_path, GOOD), "--set", override)
    assert f"--set {override}" in text
    assert found in text


def test_config_show_prints_every_default_and_reads_its_own_output(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = pipeline(tmp_path, GOOD)
    assert cli.run_command(["config", "show", path, "--set", "zone=Asia/Kolkata"]) == 0
    shown = capsys.readouterr().out
    assert 'zone = "Asia/Kolkata"' in shown
    assert 'rolling_edge = "instant"' in shown
    again = tmp_path / "again.toml"
    again.write_text(shown)
    assert load(again).settings == load(Path(path), ["zone=Asia/Kolkata"]).settings
    assert cli.run_command(["config", "show", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"]["zone"] == "UTC"


def test_config_show_keeps_what_every_table_says(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = (
        GOOD
        + '[reports]\nformats = ["csv"]\n[check]\nself_check = 7\n[verify]\nsample = 3\n[replay]\nrules = "x.toml"\n'
    )
    path = pipeline(tmp_path, said + '[[inputs]]\npath = "more"\nzone = "Asia/Kolkata"\n')
    assert cli.run_command(["config", "show", path]) == 0
    again = tmp_path / "again.toml"
    again.write_text(capsys.readouterr().out)
    assert load(again).settings == load(Path(path)).settings
    assert load(again).settings.check.self_check == 7


@pytest.mark.parametrize("command", [["config", "show"], ["config", "validate"], ["run"], ["rebuild"]])
def test_each_command_names_the_place_of_a_mistake_in_a_pipeline_file(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = pipeline(tmp_path, "[pipeline]\nname =\n")
    assert f"{path}, line 2, column 7: expected TOML" in paragraph(capsys, *command, path)
    pipeline(tmp_path, GOOD + "[rules]\nmonth = 30\n")
    assert f"{path}, key rules.month, line 9, column 1: expected 'calendar' or '30-days'; found 30" in paragraph(
        capsys, *command, path
    )


def test_docs_prints_each_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run_command(["docs"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"rulebook", "contract", "readings"} <= set(names)
    for name in names:
        assert cli.run_command(["docs", name]) == 0
        assert capsys.readouterr().out.startswith("# ")


def test_an_unforeseen_error_is_one_paragraph_with_code_6(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(_: object) -> None:
        raise ZeroDivisionError("by \x1b[31mzero\n")

    monkeypatch.setattr(docs_command, "show_docs", stumble)
    text = paragraph(capsys, "docs", code=6)
    assert "test_command_line.py, line " in text
    assert "ZeroDivisionError: by \\x1b[31mzero\\n" in text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError, 2),
        (errors.ConfigError, 2),
        (errors.InputError, 3),
        (errors.TooManyQuarantined, 3),
        (errors.FailOnMet, 4),
        (errors.WarehouseLocked, 5),
        (errors.WarehouseDamaged, 5),
        (errors.WarehouseNewer, 5),
        (errors.InternalCheckFailed, 6),
        (errors.DifferenceFound, 7),
    ],
)
def test_each_error_has_the_exit_code_of_the_contract(
    error: type[errors.BadgeledgerError],
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_: object) -> None:
        raise error(where="here", expected="this", found="that", next_step="Do so.")

    monkeypatch.setattr(docs_command, "show_docs", fail)
    assert paragraph(capsys, "docs", code=code) == "badgeledger: here: expected this; found that. Do so.\n"


def test_an_interrupt_ends_with_130_and_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(docs_command, "show_docs", interrupt)
    assert "interrupted" in paragraph(capsys, "docs", code=130)


def test_a_reader_that_leaves_early_is_no_error() -> None:
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY / "src")}
    with subprocess.Popen(
        [sys.executable, "-m", "badgeledger", "docs", "rulebook"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        message = process.stderr.read()
    assert (process.returncode, message) == (0, b"")


def test_init_writes_a_pipeline_that_validates_and_changes_no_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "ledger"
    assert cli.run_command(["init", str(folder)]) == 0
    starter = folder / "pipelines" / "nightly.toml"
    assert f"badgeledger run {starter}" in capsys.readouterr().out
    inputs = load(starter).settings.inputs
    assert all((starter.parent / entry.path).exists() for entry in inputs)
    assert cli.run_command(["init", str(folder)]) == 0
    capsys.readouterr()
    starter.write_text("mine")
    assert str(starter) in paragraph(capsys, "init", str(folder))
    assert starter.read_text() == "mine"


def test_generate_says_what_it_wrote(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run_command(["generate", str(tmp_path), "--issuances", "200", "--seed", "3", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["issuances"] == 200
    assert sum(len(Path(path).read_bytes().splitlines()) for path in facts["files"]) == facts["lines"]
