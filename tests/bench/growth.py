"""Whole replays of ever more issuances: memory, and whether the time grows with the issuances alone.

The larger warehouses are the accounted one of a generated log with its badges again and again under further ids, so
that no hundred million lines need be read first. Only what replay reads is multiplied.
"""

import shutil
from pathlib import Path
from typing import Any

import child
import steps

TIMES = (1, 3, 10)
MULTIPLIED = (
    "raw.definition",
    "staging.answered_row",
    "staging.badge_number",
    "staging.call",
    "staging.shared_id",
    "staging.version",
    "staging.version_limit",
    "ledger.revoked_row",
    "flags.breach",
)


def table(folder: Path, issuances: int) -> None:
    """Measure and print each size; every one must find so many times the decisions of the first."""
    log, work = steps._log(folder, issuances), folder / "growth"
    steps._empty(work)
    child.measure("steps.ingest", log=str(log), work=str(work))
    child.measure("steps.account", log=str(log), work=str(work))
    lines, first = [], None
    for times in TIMES:
        place = work / f"times-{times}"
        place.mkdir()
        if times == TIMES[-1]:
            (work / "ledger.duckdb").rename(place / "ledger.duckdb")
        else:
            shutil.copy(work / "ledger.duckdb", place)
        child.measure("growth.multiply", work=str(place), times=times)
        found = child.measure("growth.replay", work=str(place))
        first = first or found
        multiplied = {name: count * times for name, count in first.result["totals"].items()}
        assert found.result["totals"] == multiplied, f"{times} times: {found.result} instead of {multiplied}"
        shown = [found.seconds, found.result["whole_seconds"], found.cpu_seconds]
        relative = found.cpu_seconds / first.cpu_seconds / times
        lines.append(
            (
                f"{times * issuances:,}",
                *(f"{seconds:,.1f}" for seconds in shown),
                f"{times * issuances / found.seconds:,.0f}",
                f"{found.peak_mb:,.0f}",
                f"{relative:.2f}",
            )
        )
        shutil.rmtree(place)
    shutil.rmtree(work)
    head = (
        "issuances",
        "to decisions.parquet s",
        "whole folder s",
        "CPU s",
        "issuances/s",
        "peak MB",
        "CPU each, × first",
    )
    child.show(f"Replay of the warehouse of {issuances:,} issuances, its badges multiplied", head, lines)


def multiply(work: str, times: int) -> tuple[child.Spent, Any]:
    """Give every badge so many twins with the same rows."""
    from badgeledger.warehouse import BADGE_BITS, Warehouse

    watch = child.Stopwatch()
    with Warehouse.open(Path(work) / "ledger.duckdb") as opened:
        con = opened.con
        ((badges,),) = con.execute("SELECT max(badge_no) + 1 FROM staging.badge_number").fetchall()
        for name in MULTIPLIED:
            columns = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
            number = f"+ ((twin * {badges}) << {BADGE_BITS})"
            other = {
                "badge_id": "CASE twin WHEN 0 THEN badge_id ELSE badge_id || '~' || twin END",
                "row_key": "CASE twin WHEN 0 THEN row_key ELSE printf('%03d', twin) || right(row_key, 13) END",
                "badge_no": f"badge_no + twin * {badges}",
                **{column: f"{column} {number}" for column in ("row_no", "call_no", "first_row_no")},
            }
            changed = ", ".join(f"{text} AS {column}" for column, text in other.items() if column in columns)
            # The rows of twins lie side by side, as they do where all badges are in one log.
            con.execute(f"CREATE TEMP TABLE single AS FROM {name}")
            con.execute(f"DELETE FROM {name}")
            con.execute(
                f"INSERT INTO {name} SELECT * EXCLUDE (twin) REPLACE ({changed})"
                f" FROM single CROSS JOIN range({times}) AS twins (twin)"
            )
            con.execute("DROP TABLE single")
        con.execute("CHECKPOINT")
    return watch.read(), None


def replay(work: str) -> tuple[child.Spent, Any]:
    """As :func:`steps.replay`, with the time of the whole folder and the totals beside it."""
    from badgeledger.replay import replay as decide_again

    spent: list[child.Spent] = []

    def told(text: str) -> None:
        if text.endswith("decisions.csv"):
            spent.append(watch.read())

    watch = child.Stopwatch()
    found = decide_again(Path(work) / "ledger.duckdb", out=Path(work) / "replay", progress=told)
    counts = ("decisions", "same", "newly_admitted", "newly_rejected", "breaches")
    totals = {name: sum(row[name] for row in found.by_reason) for name in counts}
    return spent[0], {"totals": totals, "whole_seconds": watch.read()[0]}
