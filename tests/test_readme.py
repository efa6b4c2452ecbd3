"""Every command that the README shows runs, and prints what the README says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text()
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Programs that a shown line may begin with. Those of `make` are checked by `make -n`; the report's is really run.
PROGRAMS = {"badgeledger", "python", "make", "cat", "head", "ls", "cd", "gzip", "zcat"}


@dataclass(frozen=True)
class Shown:
    """A command of the README and the lines that follow it; a line or part of one that is `...` stands for anything."""

    command: str
    output: tuple[str, ...]


def sessions() -> list[list[Shown]]:
    found = []
    for block in CONSOLE.findall(README):
        session: list[Shown] = []
        for line in block.splitlines():
            if line.startswith("$ "):
                session.append(Shown(line[2:], ()))
            elif session:
                session[-1] = Shown(session[-1].command, (*session[-1].output, line))
        found.append(session)
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a command of the README finds around it: the checkout's data, and the programs of this environment."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("pipelines", "data-samples"):
        shutil.copytree(REPOSITORY / name, folder / name)
    programs = folder / ".programs"
    programs.mkdir()
    badgeledger = f'exec {shlex.quote(sys.executable)} -m badgeledger "$@"\n'
    _program(programs / "badgeledger", badgeledger)
    _program(programs / "python", f'exec {shlex.quote(sys.executable)} "$@"\n')
    _program(
        programs / "make",
        f'recipe=$({shutil.which("make")} --no-print-directory -n -C {shlex.quote(str(REPOSITORY))} "$@") || exit\n'
        'case "$recipe" in *"badgeledger run "*)\n'
        "    exec badgeledger run ${recipe##*badgeledger run }\n"
        "esac\n",
    )
    return folder


def _program(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_the_readme_shows_sessions() -> None:
    assert [shown.command for session in sessions() for shown in session if shown.command.startswith("badgeledger")]


def test_the_readme_begins_with_the_two_commands() -> None:
    commands = [shown.command for session in sessions() for shown in session]
    assert {"make report", "make test"} <= set(commands)


def test_every_command_of_the_readme_runs_and_prints_what_it_shows(checkout: Path) -> None:
    environment = os.environ | {
        "PATH": f"{checkout / '.programs'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY / "src"),
        "COLUMNS": "120",
    }
    for session in sessions():
        for shown in session:
            assert shlex.split(shown.command, comments=True)[0] in PROGRAMS, shown.command
            done = subprocess.run(
                ["bash", "-c", shown.command],
                cwd=checkout,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, f"$ {shown.command}\n{done.stdout}{done.stderr}"
            if shown.output:
                assert _matches(shown.output, done.stdout), f"$ {shown.command}\n{done.stdout}"


def _matches(shown: tuple[str, ...], printed: str) -> bool:
    pattern = "".join(
        "(?:.*\n)*" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in shown
    )
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None
