"""Speed and memory on generated logs, beside what DuckDB and Polars need for the same: `python tests/bench`.

Every step runs in a process of its own, so that its peak memory is its own. Logs and warehouses live in a temporary
folder; logs are kept there for the next time. Tables are Markdown on stdout, progress
goes to stderr. The last table, which takes longest, is made when it is named.
"""

import argparse
import tempfile
from pathlib import Path

import child
import counting
import deciding
import growth
import nightly
import steps

SIZES = (1_000_000, 10_000_000)
TABLES = {"steps": steps, "counting": counting, "replay": deciding, "nightly": nightly, "growth": growth}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("--issuances", type=int, nargs="+", default=SIZES, metavar="N", help="sizes of the logs")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=[*TABLES][:-1], help="some of the tables")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "badgeledger-bench")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for issuances in options.issuances:
        for name in options.only:
            TABLES[name].table(options.folder, issuances)


if __name__ == "__main__":
    if not child.serve():
        main()
