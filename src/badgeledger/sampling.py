"""A sampling pack for auditors: issuances drawn by a seed, each with all its evidence, as a folder.

The strata are badge and outcome. Each stratum gets one place while there are places, the largest first; the other
places go to the strata in proportion to what they have left, by largest remainder. Ties go by badge and outcome. Of a
stratum the issuances with the smallest SHA-256 of `SEED/ROW_KEY` are drawn: anybody can draw them again, and what is
drawn does not depend on the order of anything. Same ledger, settings and seed: same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from . import calendar, explain
from .answers.ledger import Ledger
from .answers.shown import Row, csv_lines
from .errors import UsageError
from .explain.find import Thing
from .explain.html import story_page
from .explain.ledger import Ledger as ToldLedger
from .explain.story import Count, Issuance
from .reports import manifest
from .reports.folder import prepare, put, staged
from .reports.templates import asset, environment, policy
from .warehouse_files import sync

_STRATA = ("badge_id", "badge_name", "outcome", "issuances", "drawn")
_ISSUANCES = (
    "number", "row_key", "issuance_id", "badge_id", "customer_id", "kind", "outcome", "code", "counted", "request_id",
    "position", "processed_at", "event_at", "owner_type", "version", "expiry_rule", "expires_at", "expiry_state",
    "reported_expires_at", "revoked_at", "breaches", "findings", "source_file", "source_line", "raw",
)  # fmt: skip
_LIMITS = (
    "number", "row_key", "limit_name", "scope", "clock", "span_from", "span_to", "cycle", "allowed", "count", "excess",
)  # fmt: skip
_FILLED = (
    "number", "row_key", "limit_name", "place", "at", "filled_row_key", "issuance_id", "customer_id", "own",
    "source_file", "source_line",
)  # fmt: skip


@dataclass(frozen=True)
class Pack:
    """What was drawn and where it stands; `kept` says that the same pack stood there already."""

    strata: list[Row]
    folder: Path
    kept: bool

    @property
    def drawn(self) -> int:
        """How many issuances the pack holds."""
        return sum(row["drawn"] for row in self.strata)


def sample(
    ledger: Ledger, out: Path, owner: Path, *, size: int, seed: str, badge: str | None, progress: Callable[..., None]
) -> Pack:
    """Draw `size` issuances and publish the pack in the folder `out`. `owner` is the warehouse.

    Raises UsageError when there is nothing to draw from.
    """
    badge_id = None if badge is None else ledger.badge(badge)[0]
    strata = ledger.ask("strata", badge=badge_id)
    if not strata:
        raise UsageError(
            where="sample",
            expected="at least one issuance to draw from",
            found="none",
            next_step="Run a pipeline on logs first, or name another badge.",
        )
    for row, drawn in zip(strata, allocate([row["issuances"] for row in strata], size), strict=True):
        row["drawn"] = drawn
    rows = ledger.ask(
        "draw",
        badges=[row["badge_id"] for row in strata],
        outcomes=[row["outcome"] for row in strata],
        drawn=[row["drawn"] for row in strata],
        seed=seed,
    )
    target = out.absolute()
    prepare(target, owner)
    with staged(target, owner) as stage:
        outputs = _write(ledger, stage, rows, strata, progress)
        text = _manifest(ledger, outputs, size=size, seed=seed, badge=badge_id)
        (stage / manifest.NAME).write_bytes(text.encode())
        sync(stage / manifest.NAME)
        folder, kept = put(stage, target, lambda place: manifest.holds(place, text))
    return Pack(strata, folder, kept)


def allocate(sizes: Sequence[int], places: int) -> list[int]:
    """How many of each stratum are drawn: one each while there are places, the rest by largest remainder."""
    drawn = [0] * len(sizes)
    by_size = sorted(range(len(sizes)), key=lambda place: (-sizes[place], place))
    for place in by_size[:places]:
        drawn[place] = min(1, sizes[place])
    spare = min(places, sum(sizes)) - sum(drawn)
    left = [size - one for size, one in zip(sizes, drawn, strict=True)]
    total = sum(left)
    if spare <= 0 or not total:
        return drawn
    shares = [divmod(spare * one, total) for one in left]
    by_remainder = sorted(range(len(sizes)), key=lambda place: (-shares[place][1], place))
    extra = set(by_remainder[: spare - sum(whole for whole, _ in shares)])
    return [one + whole + (place in extra) for place, (one, (whole, _)) in enumerate(zip(drawn, shares, strict=True))]


def _write(
    ledger: Ledger, stage: Path, rows: Sequence[Row], strata: Sequence[Row], progress: Callable[..., None]
) -> list[manifest.Output]:
    told = ToldLedger(ledger.con, ledger.rules, ledger.as_of, ledger.inputs)
    tables: dict[str, list[Row]] = {"issuances": [], "limits": [], "filled": []}
    outputs = []
    for number, row in enumerate(rows, start=1):
        progress(f"sample: issuance {number:,} of {len(rows):,}")
        story = explain.tell(told, Thing("issuance", row["row_key"]))
        assert story.issuance is not None
        _gather(ledger, number, row, story.issuance, tables)
        outputs += [_put(stage, f"{_name(number)}.json", story.model_dump_json(indent=2) + "\n")]
        outputs += [_put(stage, f"{_name(number)}.html", story_page(story))]
    for name, columns in (("issuances", _ISSUANCES), ("limits", _LIMITS), ("filled", _FILLED)):
        outputs.append(_table(stage, name, columns, tables[name]))
    outputs.append(_table(stage, "strata", _STRATA, strata))
    outputs.append(_put(stage, "index.html", _index(ledger, tables["issuances"], strata)))
    return sorted(outputs, key=lambda output: output.name)


def _name(number: int) -> str:
    """A file of an issuance, by its number: nothing of the log becomes a path."""
    return f"issuance-{number:04}"


def _gather(ledger: Ledger, number: int, row: Row, told: Issuance, tables: Mapping[str, list[Row]]) -> None:
    """The rows that an issuance adds to the tables of the pack."""
    tables["issuances"].append(
        row
        | {
            "number": number,
            "version": None if told.version is None else told.version.version,
            "breaches": sum(bool(count.excess) for count in told.counts),
            "findings": " ".join(finding.code for finding in told.findings),
            "raw": told.source.raw,
        }
    )
    for count in told.counts:
        key = {"number": number, "row_key": row["row_key"], "limit_name": count.limit_name}
        bounds = {
            name: None if at is None else calendar.moment_of(at)
            for name, at in (("span_from", count.span_from), ("span_to", count.span_to))
        }
        said = {name: getattr(count, name) for name in ("scope", "clock", "cycle", "count", "excess")}
        tables["limits"].append(key | bounds | said | {"allowed": count.number})
        # Outside every cycle there is no span, and nothing fills it.
        tables["filled"] += [key | one for one in (_filled(ledger, row, count) if count.span_to is not None else ())]


def _filled(ledger: Ledger, row: Row, count: Count) -> list[Row]:
    """All issuances that a count is made of, the row itself included where it counts."""
    found = ledger.ask(
        "filling",
        badge=row["badge_id"],
        customer=row["customer_id"] if count.scope == "CUSTOMER" else None,
        on_event=count.clock == "event_at",
        by_clock="ROLLING_WINDOW" in count.limit_name,
        starts_at=count.span_from,
        ends_at=count.span_to,
        many=count.count,
    )
    return [
        {name: value for name, value in one.items() if name != "row_key"}
        | {"filled_row_key": one["row_key"], "own": one["row_key"] == row["row_key"]}
        for one in found
    ]


def _table(stage: Path, name: str, columns: Sequence[str], rows: Sequence[Row]) -> manifest.Output:
    return _put(stage, f"{name}.csv", "".join(csv_lines(columns, rows)), len(rows))


def _put(stage: Path, name: str, text: str, rows: int | None = None) -> manifest.Output:
    path = stage / name
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
    sync(path)
    return manifest.Output(name, rows, manifest.file_sha256(path))


def _index(ledger: Ledger, rows: Sequence[Row], strata: Sequence[Row]) -> str:
    style = asset("report.css")
    made = environment(ledger.rules.zone)
    return made.get_template("sample.html.j2").render(
        as_of=ledger.as_of,
        rows=[(_name(row["number"]), row, calendar.microseconds_of(row["processed_at"])) for row in rows],
        strata=strata,
        total=sum(row["issuances"] for row in strata),
        zone=ledger.rules.zone,
        style=Markup(style),
        policy=policy(style),
    )


def _manifest(ledger: Ledger, outputs: Sequence[manifest.Output], *, size: int, seed: str, badge: str | None) -> str:
    """What the pack was drawn from and what it holds, without any reading of the clock."""
    content: dict[str, Any] = {
        "sample": {"size": size, "seed": seed, "badge": badge, "strata": ["badge_id", "outcome"]},
        "versions": manifest.versions(),
        "settings": {"rules": ledger.rules.model_dump()},
        "as_of": calendar.iso_instant(ledger.as_of),
        "inputs": [{"path": one.path, "sha256": one.sha256} for one in manifest.known_inputs(ledger.con)],
        "outputs": {one.name: {"rows": one.rows, "sha256": one.sha256} for one in outputs},
    }
    return json.dumps(content, indent=2) + "\n"
