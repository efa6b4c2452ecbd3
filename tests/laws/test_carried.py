"""What a night carries on from the ledger in place is what a comparison of all flags tells."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import harness
import pytest
from conftest import examples, go_on
from hypothesis import example, given, settings
from hypothesis import strategies as st
from laws.random_logs import chosen_rules, make_log

from badgeledger import earlier
from badgeledger.pipeline import run
from badgeledger.settings import load

ZONE = "Europe/Berlin"
BADGES = 3
PIPELINE = """
[pipeline]
name = "nightly"
warehouse = "{side}/ledger.duckdb"
reports = "{side}/{night}"
max_quarantined = 1.0
waivers = "waivers.toml"

[[inputs]]
path = "logs"

[rules]
{rules}

[check]
self_check = 0

[reports]
rows = "{rows}"
formats = ["csv"]
"""
# What a log must not share with another one: its badges, and the ids of its rows.
_OWN = re.compile(rb'"([BCD]|i[0-9]+)"')
STATES = {"new", "still-open", "gone", "gone-before", "waived"}


def test_what_is_carried_on_is_what_a_comparison_of_all_flags_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each night brings lines of some badges alone; both ways tell the same changes, to the byte."""
    met: Counter[str] = Counter()
    carried = earlier._carried

    def noted(*given: object) -> object:
        found = carried(*given)  # type: ignore[arg-type]
        met["carried"] += found is not None
        return found

    @settings(max_examples=examples(2))
    @given(st.integers(0, 2**32))
    # A finding of no badge, which CSV tells as none, and a call of an untouched badge that comes again.
    @example(423_411)
    def law(seed: int) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            monkeypatch.setattr(earlier, "_carried", noted)
            quick = told(folder, "quick", seed)
            monkeypatch.setattr(earlier, "_carried", lambda *_: None)
            assert told(folder, "whole", seed) == quick
            for text in quick:
                for row in harness.read_csv(text):
                    met.update([row["state"], *(["waived"] if row["waived"] == "true" else [])])

    go_on(law, lambda: ({"carried"} | STATES) - set(+met), lambda seed: (seed,))


def told(folder: Path, side: str, seed: int) -> list[str]:
    """The tables `changes` of some nights; a waiver is written after the first one, and ends before the last."""
    draw = Random(seed)
    rules = chosen_rules(seed) | {"zone": ZONE}
    rows = draw.choice(("all", "open"))
    logs = [make_log(draw.randrange(2**32), ZONE, 8) for _ in range(BADGES)]
    landing, waivers = folder / "logs", folder / "waivers.toml"
    for path in (*landing.glob("*"), waivers):
        path.unlink(missing_ok=True)
    waivers.touch()
    landing.mkdir(exist_ok=True)
    parts: list[dict[str, list[bytes]]] = [{} for _ in range(4)]
    for number, log in enumerate(logs):
        for path, data in harness.files_of(log.lines).items():
            for line in data.splitlines(keepends=True):
                # Every log has badges of its own; the last nights bring lines of one log alone.
                night = draw.choice((0, 1)) if number else draw.randrange(len(parts))
                text = _OWN.sub(rb'"%d\1"' % number, line)
                parts[night].setdefault(f"{number} {Path(path).name}", []).append(text)
        for path, data in log.flat.items():
            draw.choice(parts)[f"{number} {Path(path).name}"] = [data]
    found = []
    as_of = max(log.as_of for log in logs)
    for night, part in enumerate(parts):
        for path, lines in part.items():
            (landing / f"{night} {path}").write_bytes(b"".join(lines))
        file = folder / "nightly.toml"
        settled = "\n".join(f'{key} = "{value}"' for key, value in rules.items())
        file.write_text(PIPELINE.format(side=side, night=night, rules=settled, rows=rows))
        run(load(file), as_of=as_of)
        found.append((folder / side / str(night) / "changes.csv").read_text(encoding="utf-8"))
        if night == 0:
            waivers.write_text(_waivers(draw, found[0]), encoding="utf-8")
        if night == 2:
            waivers.write_text("", encoding="utf-8")
    return found


def _waivers(draw: Random, changes: str) -> str:
    flags = [row["flag_id"] for row in harness.read_csv(changes)]
    chosen = draw.sample(flags, min(2, len(flags)))
    return "".join(
        f'[[waiver]]\nflag = "{flag}"\nreason = "known"\nwho = "audit"\nuntil = 2100-01-01\n' for flag in chosen
    )
