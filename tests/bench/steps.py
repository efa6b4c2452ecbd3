"""The product's steps on a generated log, beside DuckDB's bare typed `read_json` of the same files."""

import shutil
from pathlib import Path
from typing import Any

import child

BADGES, DAYS, SEED = 40, 92, 7
FEW = 2_000
AS_OF = "2026-01-01T00:00:00Z"
PIPELINE = """
[pipeline]
name = "bench"
steps = [{steps}]
warehouse = "ledger.duckdb"
reports = "reports"
as_of = "{as_of}"

[[inputs]]
path = "{log}"
"""
ROW_ID = "customerId VARCHAR, earnedBadgeId VARCHAR"
COLUMNS = {
    "loggedAt": "TIMESTAMPTZ",
    "endpoint": "VARCHAR",
    "orgId": "VARCHAR",
    "request": """STRUCT(
        badgeMetaId VARCHAR, requestId VARCHAR, customers VARCHAR[], customerId VARCHAR, customerIds VARCHAR[],
        issueEventDate DECIMAL(28, 9), issueEventDateISO TIMESTAMPTZ, earnEventDate DECIMAL(28, 9),
        earnEventDateISO TIMESTAMPTZ, triggeredBy STRUCT(ownerType VARCHAR, referenceId VARCHAR))""",
    "response": f"""STRUCT(data STRUCT(
        badgeMetaId VARCHAR, requestId VARCHAR, expiresOn DECIMAL(28, 9), expiresOnISO TIMESTAMPTZ,
        issuedBadges STRUCT(customerId VARCHAR, issuedId VARCHAR, error STRUCT(code VARCHAR), status VARCHAR)[],
        {ROW_ID}, earnedBadgesList STRUCT({ROW_ID})[],
        failedEarnBadgeErrorList STRUCT(customerId VARCHAR, errorCode VARCHAR)[]), errors STRUCT(code VARCHAR)[])""",
}


def table(folder: Path, issuances: int) -> None:
    """Measure and print each step, and the whole run on an empty warehouse."""
    log, work = _log(folder, issuances), folder / "work"
    megabytes = sum(path.stat().st_size for path in log.glob("*.jsonl")) / 1e6
    place = {"log": str(log), "work": str(work)}
    # An installation compiles once, in its first night.
    _empty(work)
    child.measure("steps.run", log=str(_log(folder, FEW)), work=str(work))
    _empty(work)
    bare = child.measure("steps.read_json", **place)
    rows = [_row("DuckDB read_json, typed, to a table", bare, issuances, "")]
    lines = bare.result["lines"]
    for name, function, arguments in (
        ("ingest", "steps.ingest", {}),
        ("account, check", "steps.account", {}),
        ("report", "steps.report", {}),
        ("replay", "steps.replay", {}),
        ("whole run", "steps.run", {}),
    ):
        if name == "whole run":
            _empty(work)
        found = child.measure(function, **place, **arguments)
        assert found.result.get("lines", lines) == lines, f"{name} read {found.result}, read_json {lines:,} lines"
        assert found.result.get("issuances", issuances) == issuances, f"{name} accounted for {found.result}"
        ratios = found.seconds / bare.seconds, found.cpu_seconds / bare.cpu_seconds
        ratio = "{:.2f} × read_json, {:.2f} × its CPU".format(*ratios) if name == "ingest" else ""
        rows.append(_row(name, found, issuances, ratio))
    shutil.rmtree(work)
    title = f"{issuances:,} issuances in {lines:,} lines of calls, {megabytes:,.0f} MB of JSON"
    child.show(title, ("step", "seconds", "CPU s", "issuances/s", "peak MB", "ratio"), rows)


def _log(folder: Path, issuances: int) -> Path:
    log = folder / f"log-{issuances}-{BADGES}-{DAYS}-{SEED}"
    if not (log / "done").exists():
        child.measure("steps.make_log", log=str(log), issuances=issuances)
    return log


def _empty(work: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()


def _row(name: str, found: child.Measured, issuances: int, ratio: str) -> tuple[str, ...]:
    speed = f"{issuances / found.seconds:,.0f}"
    return name, f"{found.seconds:.1f}", f"{found.cpu_seconds:.1f}", speed, f"{found.peak_mb:,.0f}", ratio


def make_log(log: str, issuances: int) -> tuple[child.Spent, Any]:
    """Write the log; the file `done` says that it is whole."""
    from badgeledger.generate import generate

    watch = child.Stopwatch()
    generate(Path(log), issuances=issuances, badges=BADGES, days=DAYS, seed=SEED)
    (Path(log) / "done").touch()
    return watch.read(), None


def read_json(log: str, work: str) -> tuple[child.Spent, Any]:
    """DuckDB alone: the lines as typed columns in a table on disk, without any care for what is wrong in them.

    Closing the file is a part of it, as it is of ingest: a table of one row group is only then written into its form.
    """
    import duckdb

    con = duckdb.connect(f"{work}/bare.duckdb")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = false")
    watch = child.Stopwatch()
    row = con.execute(
        f"CREATE TABLE bare AS SELECT * FROM read_json($files, columns = {_struct()}, auto_detect = false,"
        " records = true, format = 'newline_delimited', maximum_object_size = 67108864)",
        {"files": f"{log}/*.jsonl"},
    ).fetchone()
    con.close()
    spent = watch.read()
    Path(f"{work}/bare.duckdb").unlink()
    assert row is not None
    return spent, {"lines": row[0]}


def _struct() -> str:
    return "{" + ", ".join(f"{name}: '{kind}'" for name, kind in COLUMNS.items()) + "}"


def ingest(log: str, work: str) -> tuple[child.Spent, Any]:
    """Only ingest, into a new warehouse; its commit included."""
    from badgeledger.pipeline import ingest_files

    watch = child.Stopwatch()
    files = ingest_files(Path(work) / "ledger.duckdb", [f"{log}/*.jsonl"])
    return watch.read(), {"lines": sum(file.lines for file in files)}


def account(log: str, work: str) -> tuple[child.Spent, Any]:
    """Accounting and checks of what the warehouse holds."""
    return _pipeline(log, work, '"account", "check"')


def report(log: str, work: str) -> tuple[child.Spent, Any]:
    """The report folder in all formats, from the ledger in place."""
    from badgeledger.pipeline import make_report

    watch = child.Stopwatch()
    made = make_report(Path(work) / "ledger.duckdb", out=Path(work) / "report")
    return watch.read(), {"issuances": made.totals["issuances"]}


def replay(log: str, work: str) -> tuple[child.Spent, Any]:
    """Every request decided again, from the warehouse to `decisions.parquet` and all else of the folder; what is
    printed is the time until `decisions.parquet` stands."""
    from badgeledger.replay import replay

    spent: list[child.Spent] = []

    def told(text: str) -> None:
        if text.endswith("decisions.csv"):
            spent.append(watch.read())

    watch = child.Stopwatch()
    found = replay(Path(work) / "ledger.duckdb", out=Path(work) / "replay", progress=told)
    return spent[0], {"issuances": sum(row["decisions"] for row in found.by_reason)}


def run(log: str, work: str) -> tuple[child.Spent, Any]:
    """The batch job as a whole."""
    return _pipeline(log, work, '"ingest", "account", "check", "report"')


def _pipeline(log: str, work: str, steps: str) -> tuple[child.Spent, Any]:
    from badgeledger.pipeline import run
    from badgeledger.settings import load

    file = Path(work) / "bench.toml"
    file.write_text(PIPELINE.format(steps=steps, as_of=AS_OF, log=f"{log}/*.jsonl"))
    watch = child.Stopwatch()
    made = run(load(file))
    return watch.read(), {"issuances": made.totals["issuances"]}
