"""Any split of a log into nights, in any order, gives the same tables as one run over everything."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

import feeds
import pytest
from conftest import SLOW, examples, go_on
from harness import TABLES, Files, Line, Tables, engine, engine_nights, micros, text_of
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import Log, chosen_rules, hard_cases, logs, make_log, rules

from badgeledger import accounting, ingest, staging
from badgeledger.generate import generate
from badgeledger.settings import Rules
from badgeledger.warehouse import Warehouse, first_row

ZONE = "America/New_York"
EARLIER = ("2019-01-01T00:00:00Z", "2024-03-01T00:00:00Z", "2024-03-10T12:00:00Z", "2024-11-03T06:30:00Z")


def run_nights(nights: list[Files], as_of: str, chosen: dict[str, str], **options: object) -> Tables:
    with tempfile.TemporaryDirectory() as folder:
        return engine_nights(nights, Path(folder), as_of=as_of, **options, **chosen)  # type: ignore[arg-type]


def test_nights_in_any_order_are_one_run() -> None:
    """Each night has its own as-of, its own settings, or no accounting at all; the last one sees what one run sees."""
    seen: set[str] = set()
    kinds = {"earlier as-of": 0, "other settings": 0, "only ingest": 0}

    @settings(max_examples=examples(14))
    @given(logs(ZONE, calls=24), st.randoms(use_true_random=False), rules, rules)
    def law(log: Log, random: Random, chosen: dict[str, str], others: dict[str, str]) -> None:
        seen.update(log.seen)
        count = random.randrange(2, 6)
        parts: list[dict[str, list[Line]]] = [{} for _ in range(count)]
        for line in (line for lines in log.files.values() for line in lines):
            night = random.randrange(count)
            parts[night].setdefault(f"{random.randrange(2)} of {night}.jsonl", []).append(line)
        for name, rows in log.flat.items():
            parts[random.randrange(count)][name] = rows
        accounted: dict[int, tuple[str, dict[str, str]] | None] = {}
        for night in range(count - 1):
            kind = random.choice(("same", "same", *kinds))
            if kind == "same":
                continue
            kinds[kind] += 1
            any_day = f"2024-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}T00:00:00Z"
            as_of = (
                min(random.choice((*EARLIER, any_day, any_day)), log.as_of) if kind == "earlier as-of" else log.as_of
            )
            settled = (others if kind == "other settings" else chosen) | {"zone": ZONE}
            accounted[night] = None if kind == "only ingest" else (as_of, settled)
        whole = {name: lines for part in parts for name, lines in part.items()}
        one = run_nights([whole], log.as_of, chosen | {"zone": ZONE})
        many = run_nights(list(parts), log.as_of, chosen | {"zone": ZONE}, accounted=accounted)
        for name in TABLES:
            assert many[name] == one[name], name

    def missing() -> set[str]:
        return (hard_cases(ZONE) - seen) | {kind for kind, count in kinds.items() if not count}

    go_on(
        law,
        missing,
        lambda seed: (make_log(seed, ZONE, 24), Random(seed), chosen_rules(seed), chosen_rules(seed + 1)),
    )


@pytest.mark.parametrize("seed", range(4))
def test_halves_joined_at_once_or_when_rows_are_counted_are_the_same(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many lines only those without a clock are joined while files are read; each line fares the same."""
    log = make_log(seed, ZONE, 30)
    at_once = engine(log.files, _folder(tmp_path, "at once"), as_of=log.as_of, zone=ZONE)
    monkeypatch.setattr(staging, "_FEW_LINES", 0)
    later = engine(log.files, _folder(tmp_path, "later"), as_of=log.as_of, zone=ZONE)
    for name in (*TABLES, "files"):
        assert later[name] == at_once[name], name


def _folder(path: Path, name: str) -> Path:
    (path / name).mkdir()
    return path / name


def test_a_large_log_that_comes_in_any_nights_is_one_run(tmp_path: Path) -> None:
    """A million issuances when BADGELEDGER_SLOW is set: definitions, answers and revocations come in any night too."""
    draw = Random(7)
    log = generate(tmp_path / "log", issuances=1_000_000 if SLOW else 2_000, badges=40, seed=7)
    assert log.issuances >= (1_000_000 if SLOW else 2_000)
    with (tmp_path / "log" / "revoked.jsonl").open("wb") as file:
        file.writelines(_revocations(draw, log.files, 500 if SLOW else 20))
    parts: list[list[bytes]] = [[] for _ in range(5)]
    for path in sorted((tmp_path / "log").iterdir()):
        for line in path.read_bytes().splitlines(keepends=True):
            parts[draw.randrange(len(parts))].append(line)
    nights = []
    for number, part in enumerate(parts):
        draw.shuffle(part)
        nights.append(tmp_path / f"night-{number}")
        nights[-1].mkdir()
        (nights[-1] / f"{number}.jsonl").write_bytes(b"".join(part))
    draw.shuffle(nights)
    one, many = (_digests(tmp_path, folders) for folders in ([tmp_path / "log"], nights))
    assert one["issuances"][0] > log.issuances * 0.9
    assert {name for name, (rows, _) in one.items() if not rows} <= {"quarantine"}
    assert many == one


def _revocations(draw: Random, files: Sequence[Path], many: int) -> list[bytes]:
    """Lines that take issues of some calls back."""
    issued = [
        json.loads(line)
        for path in files
        for line in path.read_bytes().splitlines()
        if b"/issueBulk" in line and b'"request":{' in line
    ]
    chosen = [call["request"] | {"at": call["loggedAt"]} for call in draw.sample(issued, min(many, len(issued)))]
    return [
        text_of(feeds.revoke_customers(one["badgeMetaId"], one["customers"][:2], one["at"])) + b"\n" for one in chosen
    ]


def _digests(folder: Path, nights: Sequence[Path]) -> dict[str, tuple[int, str]]:
    """The number of rows of each table and a digest of them, without their sources, after nights in this order."""
    with Warehouse.open(folder / f"{len(nights)}.duckdb") as warehouse:
        for night in nights:
            with warehouse.transaction():
                ingest.ingest(warehouse, [ingest.Input(path=str(night))], folder)
                accounting.account(warehouse, Rules(revoked="exclude"), micros("2025-12-15T00:00:00Z"))
        found = {}
        for name in TABLES:
            columns = [row[0] for row in warehouse.con.execute(f"DESCRIBE report.{name}").fetchall()]
            told = ", ".join(column for column in columns if column not in ("source_file", "source_line"))
            rows = f"SELECT ({told})::VARCHAR AS row FROM report.{name}"
            digest = hashlib.sha256()
            result = warehouse.con.execute(f"{rows} ORDER BY row")
            while block := result.fetchmany(100_000):
                digest.update("\n".join(row for (row,) in block).encode())
            found[name] = (first_row(warehouse.con, f"SELECT count(*) FROM report.{name}")[0], digest.hexdigest())
        return found
