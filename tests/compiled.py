"""Compile what the tests run, once, into the store from which each of their processes begins."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from badgeledger import cli

REPOSITORY = Path(__file__).resolve().parents[1]


def main() -> int:
    """Run the nightly pipeline on the samples: it needs everything that is compiled."""
    with TemporaryDirectory() as folder:
        place = ["--warehouse", f"{folder}/ledger.duckdb", "--out", f"{folder}/report"]
        return cli.run_command(["run", f"{REPOSITORY}/pipelines/nightly.toml", "--quiet", *place])


if __name__ == "__main__":
    sys.exit(main())
