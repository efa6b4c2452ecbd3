"""What the tests of commands share: the folder in which they run, after a run that is made once for each module."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import harness
import pytest

from badgeledger import cli


@pytest.fixture(scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pipeline NIGHTLY of the module and its LOG, after one run; `kept` beside it is a copy."""
    folder = tmp_path_factory.mktemp("made") / "place"
    harness.write_files(folder / "logs", harness.files_of(request.module.LOG))
    (folder / "nightly.toml").write_text(request.module.NIGHTLY)
    with contextlib.chdir(folder):
        assert cli.run_command(["run", "nightly.toml"]) == 0
    shutil.copytree(folder, folder.with_name("kept"))
    return folder


@pytest.fixture
def after_a_run(made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder as it was after the run, which is where the commands run; a warehouse remembers its places."""
    restore(made)
    monkeypatch.chdir(made)
    capsys.readouterr()
    return made


def restore(folder: Path) -> None:
    """Put `kept`, which stands beside a folder, in its place."""
    shutil.rmtree(folder)
    shutil.copytree(folder.with_name("kept"), folder)
