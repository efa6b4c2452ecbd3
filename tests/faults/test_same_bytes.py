"""The same night gives the same bytes on any machine: threads, hash seeds, order of files, zone, language and fonts."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import harness
import pytest
from conftest import SLOW
from faults.nights import AS_OF, NIGHTS, PIPELINE, REPOSITORY, Ledger

from badgeledger.reports.tables import TABLES

# In every sixth trial all that there is: page and workbook take their time.
TABLES_ALONE = ("csv", "parquet")
TRIALS, WHOLE = 12, 6


def night(folder: Path, formats: Sequence[str], draw: random.Random) -> Ledger:
    """All files of three nights as one, brought into being in any order."""
    ledger = Ledger.new(folder, pipeline=PIPELINE.replace('["csv"]', json.dumps(formats)))
    files = [(name, lines) for night in NIGHTS for name, lines in night.items()]
    draw.shuffle(files)
    for name, lines in files:
        harness.write_files(ledger.folder / "logs", harness.files_of({name: lines}))
    return ledger


@pytest.mark.parametrize("part", range(17 if SLOW else 1))
def test_the_bytes_do_not_depend_on_the_machine(part: int, tmp_path: Path) -> None:
    """Whole processes, not forks: the seed of hashes is drawn when Python starts."""
    seed = 20240209 + part
    draw = random.Random(seed)
    found: list[dict[str, bytes]] = []
    # A font configuration without any folder: whoever asks for a font finds none.
    (tmp_path / "fonts.conf").write_text("<fontconfig/>")
    for trial in range(TRIALS):
        formats = TABLES_ALONE if trial % WHOLE else (*TABLES_ALONE, "html", "xlsx")
        ledger = night(tmp_path / str(trial), formats, draw)
        processors = sorted(os.sched_getaffinity(0))[: draw.choice((1, 8))]
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY / "src"),
            "PYTHONHASHSEED": str(draw.randrange(2**32)),
            "TZ": draw.choice(("UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia")),
            "LANG": draw.choice(("C", "de_DE.UTF-8", "tr_TR.UTF-8", "POSIX")),
            **({"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")} if draw.random() < 0.5 else {}),
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
    for trial, reports in enumerate(found):
        whole = found[trial % WHOLE and 1]
        assert len(reports) == 2 * len(TABLES) + (1 if trial % WHOLE else 3)
        differing = [name for name in whole if reports.get(name) != whole[name]]
        assert (differing, len(reports)) == ([], len(whole)), (seed, trial)
    tables = [name for name in found[0] if name.endswith((".csv", ".parquet"))]
    assert [name for name in tables if found[0][name] != found[1][name]] == []
