"""The table `changes` of any nights is what a plain comparison of two reports of the witness says."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from conftest import examples, go_on
from harness import Row, files_of, micros, read_csv, scratch_ledger, write_files
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import RULES, ZONES, chosen_rules, make_log
from laws.restated import Report, compared

from badgeledger import accounting, changes, ingest
from badgeledger.changes import REMEMBERED, Earlier
from badgeledger.open_rows import OpenRows
from badgeledger.pipeline import Rules
from badgeledger.reports.manifest import known_inputs
from badgeledger.reports.open_rows import open_rows
from badgeledger.reports.tables import csv_text, write_table
from badgeledger.warehouse import Warehouse

STATES = {
    "new", "newly-judged", "still-open", "reopened", "gone", "gone-before", "not-judged", "count-changed",
}  # fmt: skip
CAUSES = {"", "new-data", "late-data", "answer", "definition", "setting", "software"}


@dataclass(frozen=True)
class Night:
    """What comes in one night, and how its report is made."""

    files: Mapping[str, bytes]
    as_of: str
    rules: Mapping[str, str]
    software: str


def make_nights(seed: int) -> list[Night]:
    """A random log over a few nights; now and then as-of goes back, a setting is another, the software too."""
    draw = Random(seed)
    zone = draw.choice(ZONES)
    log = make_log(seed, zone, 16)
    parts: list[dict[str, list[bytes]]] = [{} for _ in range(draw.choice((3, 4)))]
    for path, lines in log.lines.items():
        for line in files_of({path: lines})[path].splitlines(keepends=True):
            number = draw.randrange(len(parts))
            parts[number].setdefault(f"{draw.choice('ab')}{number}.jsonl", []).append(line)
    nights = [{name: b"".join(lines) for name, lines in part.items()} for part in parts]
    for name, rows in log.flat.items():
        draw.choice(nights)[name] = rows
    usual = chosen_rules(seed) | {"zone": zone}
    # A setting that is another for a night, and then as it was, makes flags go and come back.
    name = draw.choice(sorted(RULES))
    rules = [usual, usual, usual | {name: draw.choice(RULES[name])}]
    instants = sorted(row["processed_at"] for row in Report(log_files(nights), log.as_of, usual, "1").rows.values())
    return [
        Night(
            files,
            log.as_of if draw.random() < 0.6 or not instants else draw.choice(instants),
            draw.choice(rules),
            draw.choice("11112"),
        )
        for files in nights
    ]


def log_files(nights: Sequence[Mapping[str, bytes]]) -> dict[str, bytes]:
    return {name: data for files in nights for name, data in files.items()}


def test_changes_are_what_a_plain_comparison_of_two_reports_says() -> None:
    met: set[str] = set()
    seeds = count()

    @settings(max_examples=examples(3))
    @given(st.integers(0, 2**32))
    def law(seed: int) -> None:
        nights = make_nights(seed)
        for expected, told in zip(witnessed(nights), engine(nights), strict=True):
            assert [difference(one, other) for one, other in zip(expected, told, strict=False) if one != other] == []
            assert len(told) == len(expected)
            met.update(cases(told))

    def missing() -> set[str]:
        # That other software is the only thing left is too rare to be drawn: the spec has it.
        causes = {f"by {cause}" for cause in CAUSES - {"software"}}
        return (STATES | causes | {"comparable true", "comparable false"}) - met

    def rare(_: int) -> tuple[int]:
        """The next seed with a case that was not met; the witness alone looks for it."""
        return (next(seed for seed in seeds if missing() & set().union(*map(cases, witnessed(make_nights(seed))))),)

    go_on(law, missing, rare)


def cases(rows: Sequence[Row]) -> set[str]:
    """What a table `changes` has met."""
    return {case for row in rows for case in (row["state"], f"by {row['cause']}", f"comparable {row['comparable']}")}


def witnessed(nights: Sequence[Night]) -> list[list[Row]]:
    """The tables `changes` of the witness."""
    reports = [
        Report(log_files([one.files for one in nights[:number]]), night.as_of, night.rules, night.software)
        for number, night in enumerate(nights, start=1)
    ]
    return [compared(now, then) for now, then in zip(reports, [None, *reports], strict=False)]


def difference(expected: Row, found: Row) -> dict[str, object]:
    """The cells of a row that are others."""
    cells = {name: (expected[name], found[name]) for name in found if expected[name] != found[name]}
    return {"flag": (expected["kind"], expected["flag_id"], expected["code"], expected["state"])} | cells


def engine(nights: Sequence[Night]) -> list[list[Row]]:
    """The tables `changes` of the product, each night compared with the one before."""
    told = []
    with tempfile.TemporaryDirectory() as name, scratch_ledger([], Path(name)) as (warehouse, _):
        before: Earlier | None = None
        for number, night in enumerate(nights):
            before = _night(warehouse, Path(name) / str(number), night, before)
            told.append(read_csv(csv_text(warehouse.con, "changes")))
            check_open_rows(warehouse, Path(name) / "open.csv", told[-1], Random(number))
    return told


def check_open_rows(warehouse: Warehouse, path: Path, rows: list[Row], draw: Random) -> None:
    """Whatever the cut, SQL and the second meaning hold the same flags for open, and no other than those that stay."""
    issuances, limits = (read_csv(csv_text(warehouse.con, name)) for name in ("issuances", "limits"))
    instants = sorted({row[name] for row in issuances for name in ("processed_at", "event_at")})
    for cut in draw.sample(instants, min(2, len(instants))):
        write_table(warehouse.con, "changes", "csv", path, open_rows(warehouse.con, "changes", micros(cut)))
        shown, is_open = read_csv(path.read_text(encoding="utf-8")), OpenRows(cut, issuances, limits)
        assert shown == [row for row in rows if is_open.holds("changes", row)]
        left = {(row["state"], row["cause"], row["comparable"], row["waived"]) for row in rows if row not in shown}
        assert left <= {(state, "", "true", "false") for state in ("still-open", "gone-before")}


def _night(warehouse: Warehouse, place: Path, night: Night, before: Earlier | None) -> Earlier:
    inputs = place / "inputs"
    inputs.mkdir(parents=True)
    write_files(inputs, night.files)
    rules, versions = Rules(**night.rules), {"badgeledger": night.software}  # type: ignore[arg-type]
    ingest.ingest(warehouse, [ingest.Input(path=str(inputs))], place)
    accounting.account(warehouse, rules, micros(night.as_of))
    changes.compare(warehouse.con, before, rules=rules, as_of_us=micros(night.as_of), versions=versions)
    tables = {name: place / f"{name}.parquet" for name in REMEMBERED}
    for name, path in tables.items():
        write_table(warehouse.con, name, "parquet", path)
    known = [(entry.path, entry.sha256) for entry in known_inputs(warehouse.con)]
    return Earlier(micros(night.as_of), rules.model_dump(), versions, known, tables)
