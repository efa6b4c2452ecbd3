"""Any split of a log into nights, in any order, gives the same tables as one run over everything."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import pytest
from conftest import examples, go_on
from harness import TABLES, Files, Line, Tables, engine, engine_nights
from hypothesis import given, settings
from hypothesis import strategies as st
from laws.random_logs import Log, chosen_rules, hard_cases, logs, make_log, rules

from badgeledger import staging

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
            as_of = min(random.choice(EARLIER), log.as_of) if kind == "earlier as-of" else log.as_of
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
