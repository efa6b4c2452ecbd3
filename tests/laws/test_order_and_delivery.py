"""Nothing depends on how a log was delivered: order of lines and files, number of ingests, double delivery."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import examples, go_on
from harness import TABLES, Files, Line, Tables, engine_nights, micros, witness
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import Log, chosen_rules, hard_cases, logs, make_log, rules

# Where a row came from depends on the delivery; so do the findings of a line, or of a file and field, which of two
# spellings of a record without any clock is the refused one, and which of two dumps that print a cycle at odds is told.
_SOURCE = {"source_file", "source_line"}
_DUMP_CODES = {"cycle-mismatch", "earn-count-mismatch"}
_FEED_CODES = {"invalid-enum", "timestamp-conflict", "timestamp-unit-repaired"}


def values(tables: Tables) -> dict[str, list[dict[str, str]]]:
    """What the tables say about the log, whatever file and line it stood in."""
    found: dict[str, list[dict[str, str]]] = {}
    for name in TABLES:
        found[name] = [{column: cell for column, cell in row.items() if column not in _SOURCE} for row in tables[name]]
    found["findings"] = [row for row in found["findings"] if row["code"] not in _FEED_CODES]
    for row in found["badges"]:
        if row["badge_id"] == "":
            row.pop("findings")
    for row in found["findings"]:
        if row["code"] in _DUMP_CODES:
            row.pop("detail")
    for row in found["quarantine"]:
        if row["reason"] == "no-time":
            row.pop("raw")
    found["quarantine"].sort(key=lambda row: (row["reason"], row.get("raw", "")))
    return found


def run_engine(log: Files, as_of: str, chosen: dict[str, str], *nights: Files) -> Tables:
    with tempfile.TemporaryDirectory() as folder:
        return engine_nights([log, *nights], Path(folder), as_of=as_of, **chosen)


def lines_of(log: Log) -> list[Line]:
    return [line for lines in log.lines.values() for line in lines]


def redeliver(log: Log, random: Random) -> tuple[Log, Files]:
    """A log, and the same lines in another order, in other files."""
    mixed = lines_of(log)
    random.shuffle(mixed)
    cut = random.randrange(len(mixed) + 1)
    flat = {f"{place}/{name}": rows for place, (name, rows) in enumerate(log.flat.items())}
    return log, {"z.jsonl": mixed[:cut], "a/y.jsonl": mixed[cut:], **flat}


ZONE = "America/New_York"
redelivered = st.builds(redeliver, logs(ZONE, calls=20), st.integers(0, 2**32).map(Random))


def another(seed: int) -> tuple[tuple[Log, Files], dict[str, str]]:
    return redeliver(make_log(seed, ZONE, 20), Random(seed)), chosen_rules(seed)


@pytest.mark.parametrize("program", ["witness", "engine"])
def test_the_order_of_lines_and_files_changes_no_table(program: str) -> None:
    seen: set[str] = set()

    @settings(max_examples=examples(40 if program == "witness" else 6))
    @given(redelivered, rules)
    def law(pair: tuple[Log, Files], chosen: dict[str, str]) -> None:
        log, other = pair
        seen.update(log.seen)
        tables = []
        for files in (log.files, other):
            if program == "engine":
                tables.append(run_engine(files, log.as_of, chosen | {"zone": ZONE}))
            else:
                tables.append(witness(files, Path(), as_of=log.as_of, zone=ZONE, **chosen))
        assert values(tables[0]) == values(tables[1])

    go_on(law, lambda: hard_cases(ZONE) - seen, another, lambda pair, _: pair[0].seen)


def test_several_ingests_are_one() -> None:
    """The tables of a log that came in over three nights are those of the whole log, sources included."""
    seen: set[str] = set()

    @settings(max_examples=examples(5))
    @given(logs(ZONE, calls=20), st.randoms(use_true_random=False), rules)
    def law(log: Log, random: Random, chosen: dict[str, str]) -> None:
        seen.update(log.seen)
        parts: list[dict[str, Any]] = [{}, {}, {}]
        for line in lines_of(log):
            night = random.randrange(3)
            parts[night].setdefault(f"{random.randrange(2)} of {night}.jsonl", []).append(line)
        for name, rows in log.flat.items():
            parts[random.randrange(3)][name] = rows
        whole = {name: lines for part in parts for name, lines in part.items()}
        one = run_engine(whole, log.as_of, chosen | {"zone": ZONE})
        many = run_engine(parts[0], log.as_of, chosen | {"zone": ZONE}, *parts[1:])
        assert {name: one[name] for name in TABLES} == {name: many[name] for name in TABLES}

    go_on(
        law,
        lambda: hard_cases(ZONE) - seen,
        lambda seed: (make_log(seed, ZONE, 20), Random(seed), chosen_rules(seed)),
        lambda log, *_: log.seen,
    )


def test_double_delivery_is_delivery() -> None:
    """The same files again, the same lines in other files, both at once and in a later night."""
    seen: set[str] = set()

    @settings(max_examples=examples(5))
    @given(redelivered, rules)
    def law(pair: tuple[Log, Files], chosen: dict[str, str]) -> None:
        log, other = pair
        seen.update(log.seen)
        chosen = chosen | {"zone": ZONE}
        once = run_engine(log.files, log.as_of, chosen)
        again = {f"again/{name}": lines for name, lines in log.files.items()}
        twice = run_engine(log.files, log.as_of, chosen, again, other)
        left, right = values(once), values(twice)
        # A refused line is refused each time it is read.
        left.pop("quarantine"), right.pop("quarantine")
        assert left == right

    go_on(law, lambda: hard_cases(ZONE) - seen, another, lambda pair, _: pair[0].seen)


def test_as_of_is_a_cut() -> None:
    """As of T the log says what it says without the calls processed after T and the versions in force only after T."""
    seen: set[str] = set()
    cuts = {"cut": 0, "whole": 0}

    @settings(max_examples=examples(100))
    @given(logs(ZONE, calls=25), rules)
    def law(log: Log, chosen: dict[str, str]) -> None:
        seen.update(log.seen)
        lines = [line for line in lines_of(log) if is_whole(line)]
        kept = [line for line in lines if until(line, log.as_of, lines)]
        cuts["cut" if len(kept) < len(lines) else "whole"] += 1
        whole, cut = (values(witness(part, Path(), as_of=log.as_of, zone=ZONE, **chosen)) for part in (lines, kept))
        # What was refused in reading has no place in time, so that it stays with the lines that are left out.
        assert_subset(cut.pop("quarantine"), whole.pop("quarantine"))
        assert whole == cut

    law()
    assert hard_cases(ZONE) <= seen
    assert min(cuts.values()) > 5


def assert_subset(few: list[dict[str, str]], many: list[dict[str, str]]) -> None:
    """Every row of the first stands in the second, as often at least."""
    left = list(many)
    for row in few:
        assert row in left
        left.remove(row)


def is_whole(line: Line) -> bool:
    """An exchange with its own time and both halves, or a definition that tells when it was updated."""
    if not isinstance(line, dict):
        return False
    if version_of(line) is not None:
        return "lastUpdatedOn" in version_of(line) or "lastUpdatedOnISO" in version_of(line)
    return {"loggedAt", "request", "response"} <= line.keys()


def version_of(line: Any) -> Any:
    """The definition in a line, None where it holds none."""
    response = line.get("response")
    for record in (line, line.get("data"), response.get("data") if isinstance(response, dict) else None):
        if isinstance(record, dict) and "earnType" in record:
            return record
    return None


def in_force_from(record: Any) -> int:
    """When a definition that tells it came into force, in microseconds."""
    written = record["lastUpdatedOn"] if "lastUpdatedOn" in record else record["lastUpdatedOnISO"]
    if isinstance(written, str) and "T" in written:
        return micros(written)
    number = Decimal(str(written))
    return int(number * (1000 if abs(number) >= 10**11 else 1_000_000))


def until(line: Any, as_of: str, lines: list[Line]) -> bool:
    """Whether a whole line speaks of the time up to as-of; the first version of a badge always does."""
    record = version_of(line)
    if record is None:
        return micros(line["loggedAt"]) <= micros(as_of)
    others = [version_of(other) for other in lines]
    first = min(in_force_from(other) for other in others if other is not None and other["id"] == record["id"])
    return in_force_from(record) <= max(micros(as_of), first)
