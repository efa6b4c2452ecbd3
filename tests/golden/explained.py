"""The stories of the samples that are kept as golden terminal pages: name of the page -> how its thing is found.

`python tests/golden/explained.py` writes them anew, from the samples as they are.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

GOLDEN = Path(__file__).parent
REPOSITORY = GOLDEN.parents[1]
STORIES = GOLDEN / "stories"
# Found by what they are, not by their ids: those change when the samples do.
PAGES = {
    "month-end-breach": "SELECT breach_id FROM report.breaches WHERE badge_name = 'Month ends' AND count = 3"
    " ORDER BY processed_at LIMIT 1",
    "refused-row": "SELECT row_key FROM report.issuances WHERE code = '1040' ORDER BY processed_at, row_key LIMIT 1",
    "answer-in-another-file": "SELECT row_key FROM report.issuances WHERE source_file LIKE '%halves-requests.jsonl'"
    " AND outcome = 'ACCEPTED' ORDER BY source_line, position LIMIT 1",
    "version-finding": "SELECT finding_id FROM report.findings WHERE code = 'illegal-constraint-change' LIMIT 1",
    "badge-of-five-versions": "SELECT badge_id FROM report.badges WHERE name = 'Step by step'",
    "hostile-customer": "SELECT customer_id FROM report.issuances WHERE starts_with(customer_id, 'cust') LIMIT 1",
    "finding-code": "SELECT 'overlapping-issue'",
}


def ledger(folder: Path) -> Path:
    """A warehouse of the samples after the nightly run."""
    from badgeledger import pipeline
    from badgeledger.settings import load

    warehouse = folder / "ledger.duckdb"
    pipeline.run(load(REPOSITORY / "pipelines" / "nightly.toml"), warehouse=warehouse, out=folder / "report")
    return warehouse


def written(warehouse: Path, query: str) -> str:
    """The terminal page of the thing that a query finds; the warehouse's place is left out of its last lines."""
    from badgeledger.explain import explain
    from badgeledger.explain.terminal import show
    from badgeledger.warehouse import Warehouse, first_row

    with Warehouse.open(warehouse, read_only=True) as opened:
        found = first_row(opened.con, query)[0]
    shown = StringIO()
    with redirect_stdout(shown):
        show(explain(warehouse, found))
    return shown.getvalue().replace(str(warehouse), "ledger.duckdb")


def _main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        warehouse = ledger(Path("."))
        for name, query in PAGES.items():
            (STORIES / f"{name}.txt").write_text(written(warehouse, query), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(_main())
