"""`badgeledger status`: what a warehouse holds."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from .. import runs
from ..errors import UsageError
from ..settings import load
from ..text import columns, number, plain
from ..warehouse import Warehouse

_COUNTS = {
    "ingests": "SELECT count(*) FROM raw.batch",
    "files": "SELECT count(*) FROM raw.file",
    "lines": "SELECT coalesce(sum(lines), 0)::BIGINT FROM raw.file",
    "runs": "SELECT count(*) FROM raw.run",
}
# Only staging knows which lines no clock dates; there is staging as soon as anything was ingested.
_STAGED = {"quarantined": "SELECT count(*) FROM staging.quarantined"}
_REPORTED = {name: f"SELECT count(*) FROM report.{name}" for name in ("badges", "issuances", "breaches", "findings")}


def show_status(pipeline: Path | None, warehouse: Path | None, *, lock_timeout: float, as_json: bool) -> None:
    """Print the counts of the warehouse and its last run."""
    path = warehouse_path(pipeline, warehouse)
    with Warehouse.open(path, read_only=True, lock_timeout=lock_timeout) as opened:
        last = runs.last(opened)
        ingested = opened.con.execute("SELECT batch_id FROM raw.batch").fetchall()
        queries = _COUNTS | (_STAGED if ingested else {}) | (_REPORTED if last is not None else {})
        counts = {name: int((opened.con.execute(query).fetchone() or (0,))[0]) for name, query in queries.items()}
    run = {} if last is None else _facts(last)
    if as_json:
        print(json.dumps({"warehouse": str(path), **counts, "last_run": run or None}, indent=2))
        return
    rows = [("warehouse", str(path)), *((name, number(count)) for name, count in counts.items())]
    rows += [(f"last run: {key.replace('_', ' ')}", str(value)) for key, value in run.items()]
    print("\n".join(columns(rows)))


def warehouse_path(pipeline: Path | None, warehouse: Path | None) -> Path:
    """The warehouse that the options name. Raises UsageError when they name none."""
    if warehouse is not None:
        return warehouse
    if pipeline is not None:
        return load(pipeline).warehouse
    raise UsageError(
        where="the command line",
        expected="--warehouse FILE, or --pipeline FILE whose warehouse it is",
        found="neither",
        next_step="Add one of them, such as --warehouse build/ledger.duckdb",
    )


def say_settings(pipeline: Path | None, settings: Mapping[str, object]) -> None:
    """Say on stderr under which settings an answer stands, and whose they are."""
    words = ", ".join(f"{key}={value}" for key, value in settings.items())
    print(f"settings of {pipeline if pipeline is not None else 'the last run'}: {words}", file=sys.stderr)


def _facts(run: runs.Run) -> dict[str, str | None]:
    return {
        "pipeline": plain(run.pipeline),
        "as_of": runs.shown(run.as_of),
        "zone": run.rules.zone,
        "state": run.state,
        "report": None if run.folder is None else str(run.folder),
    }
