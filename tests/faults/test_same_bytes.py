"""The same night gives the same bytes on any machine: threads, hash seeds, order of files, zone, language and fonts."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import harness
from conftest import SLOW
from faults.nights import AS_OF, NIGHTS, PIPELINE, REPOSITORY, Ledger

from badgeledger.reports.tables import TABLES

# Each table as CSV and Parquet, page, workbook and manifest.
FILES = 2 * len(TABLES) + 3
FORMATS = 'formats = ["csv", "parquet", "html", "xlsx"]'


def night(folder: Path, draw: random.Random) -> Ledger:
    """All files of three nights as one, brought into being in any order."""
    ledger = Ledger.new(folder, pipeline=PIPELINE.replace('formats = ["csv"]', FORMATS))
    files = [(name, lines) for night in NIGHTS for name, lines in night.items()]
    draw.shuffle(files)
    for name, lines in files:
        harness.write_files(ledger.folder / "logs", harness.files_of({name: lines}))
    return ledger


def test_the_bytes_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    """Whole processes, not forks: the seed of hashes is drawn when Python starts."""
    seed = 20240209
    draw = random.Random(seed)
    found = []
    # A font configuration without any folder: whoever asks for a font finds none.
    (tmp_path / "fonts.conf").write_text("<fontconfig/>")
    for trial in range(200 if SLOW else 4):
        ledger = night(tmp_path / str(trial), draw)
        processors = sorted(os.sched_getaffinity(0))[: draw.choice((1, 8))]
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY / "src"),
            "PYTHONHASHSEED": str(draw.randrange(2**32)),
            "TZ": ("UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia")[trial % 4],
            "LANG": ("C", "de_DE.UTF-8", "tr_TR.UTF-8", "POSIX")[trial % 4],
            **({"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")} if trial % 2 else {}),
            "POLARS_MAX_THREADS": draw.choice(("1", "2", "7")),
        }
        arguments = ["run", str(ledger.folder / "nightly.toml"), "--as-of", f"{AS_OF[2]}T00:00:00Z"]
        done = subprocess.run(
            [sys.executable, "-m", "badgeledger", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            preexec_fn=partial(os.sched_setaffinity, 0, processors),
        )
        assert done.returncode == 0, (seed, trial, done.stderr)
        found.append(ledger.reports())
    assert len(found[0]) == FILES
    for trial, reports in enumerate(found):
        differing = [name for name in found[0] if reports.get(name) != found[0][name]]
        assert (differing, len(reports)) == ([], FILES), (seed, trial)
