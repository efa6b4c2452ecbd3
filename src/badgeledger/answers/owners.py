"""Who used up the limits: the owners, requests or batches whose issuances fill each limit's spans at as-of."""

from __future__ import annotations

from typing import Literal

from ..definitions import Limit
from ..room import span_start
from .ledger import Ledger
from .quick import named
from .shown import BAD, CLOSE, PART, QUIET, Answer, Bar, Column, Row, styled, tally

UsedBy = Literal["owner", "request", "batch"]
_NEVER, _FOREVER = -(2**63), 2**63 - 1


def limit_of_row(row: Row) -> Limit:
    """The limit of a row with its fields."""
    return Limit(**{name: row[name] for name in ("scope", "kind", "unit", "length", "start_day", "number")})


def span_now(ledger: Ledger, row: Row) -> tuple[bool, int, int]:
    """Whether a limit in use counts by `event_at`, and the half-open bounds of its span at as-of (RULEBOOK 6)."""
    if row["kind"] == "FIXED_WINDOW":
        return True, row["starts_at"], row["ends_at"]
    if row["kind"] == "FIXED_VALUE":
        return False, _NEVER, _FOREVER
    start = span_start(limit_of_row(row), ledger.as_of, ledger.zone, ledger.rules.rolling_edge == "local-day")
    return ledger.rules.rolling_clock == "event", start, ledger.as_of + 1


def owners(ledger: Ledger, badge: str | None, used_by: UsedBy) -> Answer:
    """Of each limit in use at as-of, whose issuances fill its spans; of a customer's limit, all customers together."""
    badge_id, name = (None, "") if badge is None else ledger.badge(badge)
    in_use = ledger.ask("limits_in_use", badge=badge_id, as_of=ledger.as_of)
    spans = [span_now(ledger, row) for row in in_use]
    rows = ledger.ask(
        "owners",
        badges=[row["badge_id"] for row in in_use],
        limits=[row["limit_name"] for row in in_use],
        on_event=[on_event for on_event, _, _ in spans],
        starts=[start for _, start, _ in spans],
        ends=[end for _, _, end in spans],
        used_by=used_by,
    )
    columns = (
        Column("badge_id"),
        Column("badge_name"),
        Column("limit_name"),
        Column("number"),
        Column("used_by", used_by, lambda row: row["used_by"] or styled(f"no {used_by}", QUIET)),
        *([Column("ingested_at", "ingested")] if used_by == "batch" else []),
        Column("", "share", lambda row: Bar(row["percent"] / 100, PART)),
        Column("percent", "%", lambda row: f"{row['percent']:.1f}", right=True),
        Column("counted", "issuances", right=True),
        Column("subjects", "subjects", right=True),
        Column("full_subjects", "full", lambda row: tally(row["full_subjects"], CLOSE), right=True),
        Column("over_subjects", "over", lambda row: tally(row["over_subjects"], BAD), right=True),
        Column("first_processed_at"),
        Column("last_processed_at", "last"),
    )
    return Answer(
        title=f"What used up the limits{'' if badge_id is None else ' of ' + named(badge_id, name)}, by {used_by}",
        columns=columns,
        rows=rows,
        facts=ledger.facts | {"by": used_by},
        about=ledger.about,
        section=lambda row: (
            f"{named(row['badge_id'], row['badge_name'])}  {row['limit_name']}, {row['number']} allowed"
        ),
        nothing="no limit is in use at this instant",
    )
