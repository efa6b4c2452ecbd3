"""The wheel works without the checkout: it carries relations, pipelines, samples and texts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of the wheel, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    checkout = folder / "checkout"
    checkout.mkdir()
    for name in ("src", "sql", "pipelines", "data-samples"):
        shutil.copytree(REPOSITORY / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE", "README.md", ".gitignore"):
        shutil.copy(REPOSITORY / name, checkout / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=checkout,
        check=True,
        capture_output=True,
    )
    shutil.rmtree(checkout)
    (wheel,) = folder.glob("badgeledger-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def badgeledger(installed: Path, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "badgeledger", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_carries_every_file_of_the_package_and_its_neighbors(installed: Path) -> None:
    package = installed / "badgeledger"
    pairs = {"_sql": "sql", "_pipelines": "pipelines", "_samples": "data-samples", ".": "src/badgeledger"}
    for inside, outside in pairs.items():
        source = REPOSITORY / outside
        wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
        missing = {
            path for path in wanted if "__pycache__" not in path.parts and not (package / inside / path).is_file()
        }
        assert missing == set()


def test_the_wheel_runs_its_starter_pipeline_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert "rulebook" in badgeledger(installed, tmp_path, "docs")
    badgeledger(installed, tmp_path, "init", "ledger")
    printed = badgeledger(installed, tmp_path, "run", "ledger/pipelines/nightly.toml")
    assert "  report      ledger/build/reports/2026-03-01/report.html" in printed
    assert (tmp_path / "ledger" / "build" / "reports" / "2026-03-01" / "report.html").is_file()
