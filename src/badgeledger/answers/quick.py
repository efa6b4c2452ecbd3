"""The quick answers that are one look at a table: the cycles of a badge, its limits, what is about to expire."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..calendar import DAY, iso_instant
from ..errors import UsageError
from ..text import counted, number
from .ledger import Ledger
from .shown import BAD, CLOSE, GOOD, QUIET, STRONG, Answer, Column, Row, instant, level, styled, tally

if TYPE_CHECKING:
    from rich.text import Text

_MINUTES = {"d": 24 * 60, "h": 60, "w": 7 * 24 * 60}
_SPAN = re.compile(r"(\d{1,6})([hdw])")
_DAY_MINUTES = 24 * 60


def named(badge: str, name: str) -> str:
    """A badge in a title."""
    return f"{name} ({badge})" if name else badge


def cycles(ledger: Ledger, badge: str) -> Answer:
    """The cycles of a badge's fixed windows up to the one after as-of, with what was counted in each (RULEBOOK 6.1)."""
    badge_id, name = ledger.badge(badge)
    rows = ledger.ask("cycles", badge=badge_id, as_of=ledger.as_of)
    columns = (
        Column("scope"),
        Column("cycle_no", "cycle", right=True),
        Column("state", "", lambda row: styled(row["state"], _CYCLE_STYLES[row["state"]])),
        Column("limit_name"),
        Column("first_day", "first day"),
        Column("last_day", "last day"),
        Column("starts_at"),
        Column("ends_at"),
        Column("minutes", "length", _length, right=True),
        Column("counted", "counted", right=True),
        Column("subjects", "subjects", right=True),
        Column("highest", "highest", _highest, right=True),
        Column("number", "number", right=True),
        Column("over_limit", "over", lambda row: tally(row["over_limit"], BAD), right=True),
    )
    return Answer(
        title=f"Cycles of {named(badge_id, name)}",
        columns=columns,
        rows=rows,
        facts=ledger.facts | {"badge_id": badge_id, "badge_name": name},
        about=ledger.about,
        section=lambda row: row["limit_name"],
        nothing="no fixed window, so no cycles",
        newest_last=True,
    )


_CYCLE_STYLES = {"past": QUIET, "current": STRONG, "next": QUIET}


def _highest(row: Row) -> Text:
    if row["number"] is None:
        return styled(number(row["highest"]), QUIET)
    return styled(number(row["highest"]), level(row["highest"], row["number"]))


def _length(row: Row) -> str:
    """Whole days, with what a change of the clocks adds or takes."""
    days = round(row["minutes"] / _DAY_MINUTES)
    shift = row["minutes"] - days * _DAY_MINUTES
    sign = "+" if shift > 0 else "−"
    hours, minutes = divmod(abs(shift), 60)
    rest = "".join(f" {sign} {value} {unit}" for value, unit in ((hours, "h"), (minutes, "min")) if value)
    return f"{number(days)} d{rest}"


def limits(ledger: Ledger, badge: str) -> Answer:
    """Every version of a badge with the limits that it carries, their breaches, and the use of those in force."""
    badge_id, name = ledger.badge(badge)
    rows = ledger.ask("limits", badge=badge_id)
    columns = (
        Column("version"),
        Column("in_force_from"),
        Column("in_force"),
        Column("limit_name", "limit", lambda row: row["limit_name"] or styled("no limit", QUIET)),
        Column("scope"),
        Column("number", "number", right=True),
        Column("breaches", "breaches", lambda row: tally(row["breaches"], BAD), right=True),
        Column("subjects", "subjects in use", right=True),
        Column("highest", "highest count", right=True),
        Column("least_headroom", "least headroom", _room, right=True),
    )
    return Answer(
        title=f"Limits of {named(badge_id, name)}",
        columns=columns,
        rows=rows,
        facts=ledger.facts | {"badge_id": badge_id, "badge_name": name},
        about=ledger.about,
        section=lambda row: f"from {instant(row['in_force_from'])}" + (", in force" if row["in_force"] else ""),
        nothing="no definition of this badge is known",
        newest_last=True,
    )


def _room(row: Row) -> Text | str:
    room = row["least_headroom"]
    return "" if room is None else styled(f"{room:,}", BAD if room < 0 else CLOSE if room == 0 else GOOD)


def span_option(text: str) -> int:
    """Microseconds of a span such as `30d`, `12h` or `4w`: days of 24 hours. Raises UsageError."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(
            where=f"--within {text}",
            expected="a number of hours, days or weeks, such as 12h, 30d or 4w",
            found=repr(text),
            next_step="Write the number and its unit without a space.",
        )
    return int(found[1]) * _MINUTES[found[2]] * (DAY // _DAY_MINUTES)


def expiring(ledger: Ledger, badge: str | None, within: str) -> Answer:
    """The active issuances that expire after as-of, at most a span later (RULEBOOK 8)."""
    until = ledger.as_of + span_option(within)
    badge_id, name = (None, "") if badge is None else ledger.badge(badge)
    rows = ledger.ask("expiring", badge=badge_id, as_of=ledger.as_of, until=until)
    columns = (
        Column("expires_at", "expires"),
        Column("days_left", "days", lambda row: _days(row["days_left"]), right=True),
        Column("badge_id"),
        Column("badge_name", "badge", lambda row: row["badge_name"] or row["badge_id"]),
        Column("customer_id", "customer"),
        Column("kind", "kind"),
        Column("issuance_id", "issuance"),
        Column("rule", "rule", style=QUIET),
        Column("event_at"),
        Column("processed_at"),
        Column("row_key"),
    )
    found = counted(len(rows), "issuance")
    of = f" of {named(badge_id, name)}" if badge_id is not None else ""
    return Answer(
        title=f"{found}{of} expire{'s' if len(rows) == 1 else ''} within {within}",
        columns=columns,
        rows=rows,
        facts=ledger.facts | {"within": within, "until": iso_instant(until)},
        about=f"{ledger.about}; until {iso_instant(until).replace('.000000Z', 'Z')}",
        nothing="nothing expires in that time",
    )


def _days(days: int) -> Text:
    return styled(f"{days:,}", CLOSE if days < 7 else "")
