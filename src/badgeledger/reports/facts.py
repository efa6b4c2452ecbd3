"""The figures of a report, asked of the `report.*` views: read once, shown by page and workbook alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import duckdb

from .. import frames
from ..text import counted
from .columns import Columns, Row
from .context import ReportContext
from .open_rows import find_rows

BADGES_SHOWN = 100
STRIPS_SHOWN = 8
CALENDARS_SHOWN = 300
CYCLES_SHOWN = 31
SUBJECTS_SHOWN = 25
FILES_SHOWN = 500
REFUSED_SHOWN = 200
REFUSED_LENGTH = 300
EXPIRY_DAYS = 90


def ask(con: duckdb.DuckDBPyConnection, query: str, **values: object) -> list[Row]:
    """Run `queries/NAME.sql` with the values that it names and return its rows in its own order."""
    found = con.execute(*_asked(query, values))
    columns = [column[0] for column in found.description or []]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def ask_many(con: duckdb.DuckDBPyConnection, query: str, *, among: str = "", **values: object) -> Columns:
    """As :func:`ask`, for very many rows. Of few among many rows the query `among` finds the numbers first, as the
    relation `found_row`.
    """
    if among:
        find_rows(con, *_asked(among, values))
    return Columns({one.name: one.to_list() for one in frames.frame(con, *_asked(query, values))})


def _asked(query: str, values: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    text = _query(query)
    return text, {name: values[name] for name in set(re.findall(r"\$([a-z_]+)", text))}


@cache
def _query(name: str) -> str:
    return files(__package__).joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Facts:
    """Counts over all rows and short ranked lists; lists that may be cut have their total beside them."""

    issuances: Row
    breaches: Row
    badges: Row
    files: Row
    cycles: Row
    use: Row
    breaches_by_badge: list[Row]
    breaches_by_limit: list[Row]
    days: list[Row]
    use_by_limit: list[Row]
    closest: list[Row]
    strips: list[Row]
    expiry_days: list[Row]
    expiry_by_badge: list[Row]
    finding_codes: list[Row]
    file_rows: list[Row]
    refused_reasons: list[Row]
    refused_lines: list[Row]
    badge_rows: list[Row]
    limits: dict[str, list[Row]]

    def findings(self, severity: str = "") -> int:
        """Return how many findings there are, of one severity or of all."""
        return sum(row["findings"] for row in self.finding_codes if severity in ("", row["severity"]))

    @property
    def refused(self) -> int:
        """Lines in quarantine."""
        return int(sum(row["lines"] for row in self.refused_reasons))

    def expiry(self, column: str) -> int:
        """Return the sum of a column of the expirations by badge."""
        return int(sum(row[column] for row in self.expiry_by_badge))


def read_facts(con: duckdb.DuckDBPyConnection, context: ReportContext) -> Facts:
    """Ask every question of a report once."""
    limits: dict[str, list[Row]] = {}
    for row in ask(con, "newest_limits"):
        limits.setdefault(row["badge_id"], []).append(row)
    return Facts(
        issuances=ask(con, "issuance_totals")[0],
        breaches=ask(con, "breach_totals")[0],
        badges=ask(con, "badge_totals")[0],
        files=ask(con, "file_totals")[0],
        cycles=ask(con, "cycle_totals")[0],
        use=ask(con, "use_totals")[0],
        breaches_by_badge=ask(con, "breaches_by_badge", many=BADGES_SHOWN),
        breaches_by_limit=ask(con, "breaches_by_limit"),
        days=ask(con, "days"),
        use_by_limit=ask(con, "use_by_limit", many=BADGES_SHOWN),
        closest=ask(con, "closest_subjects", many=SUBJECTS_SHOWN, as_of_us=context.as_of_us),
        strips=ask(con, "cycle_strips", many=CALENDARS_SHOWN, cycles=CYCLES_SHOWN, as_of_us=context.as_of_us),
        expiry_days=ask(con, "expiry_days", days=EXPIRY_DAYS, as_of_us=context.as_of_us),
        expiry_by_badge=ask(con, "expiry_by_badge", as_of_us=context.as_of_us),
        finding_codes=ask(con, "finding_codes"),
        file_rows=ask(con, "files", many=FILES_SHOWN),
        refused_reasons=ask(con, "quarantine_reasons"),
        refused_lines=ask(con, "quarantine_lines", many=REFUSED_SHOWN, length=REFUSED_LENGTH),
        badge_rows=ask(con, "badges", many=BADGES_SHOWN),
        limits=limits,
    )


@dataclass(frozen=True)
class Verdict:
    """The one-line answer: `level` is `wrong`, `look` or `clean`; the sentences say why."""

    level: str
    headline: str
    sentences: tuple[str, ...]


def verdict(facts: Facts) -> Verdict:
    """Judge a report: breaches and findings of severity error are wrong; warnings and refused lines want a look."""
    errors, warnings, breaches = facts.findings("error"), facts.findings("warning"), facts.breaches
    over = (
        f"{counted(breaches['issuances'], 'issuance')} of {counted(breaches['badges'], 'badge')} went over a limit: "
        f"{counted(breaches['breaches'], 'breach', 'breaches')}, {counted(breaches['customers'], 'customer')}."
        if breaches["breaches"]
        else "No issuance went over a limit."
    )
    found = (
        f"{counted(errors, 'finding')} of severity error, {counted(warnings, 'warning')}."
        if errors or warnings
        else "No finding of severity error or warning."
    )
    refused = (
        f"{counted(facts.refused, 'line')} of the input could not be read and {'is' if facts.refused == 1 else 'are'} "
        "in quarantine."
        if facts.refused
        else "Every line of the input was read."
    )
    if breaches["breaches"]:
        return Verdict("wrong", "Limits were broken", (over, found, refused))
    if errors:
        return Verdict("wrong", "Limits hold, but there are errors", (over, found, refused))
    if warnings or facts.refused:
        return Verdict("look", "Limits hold, with something to look at", (over, found, refused))
    if not facts.issuances["issuances"]:
        return Verdict("look", "There is nothing to judge", ("The report knows no issuance.", found, refused))
    return Verdict("clean", "Nothing is wrong", (over, found, refused))
