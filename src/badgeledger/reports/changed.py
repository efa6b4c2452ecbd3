"""What became of each flag since the report before, as the page and the workbook show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from ..calendar import microseconds_of
from .columns import Row
from .context import ReportContext
from .facts import ask

ROWS_SHOWN = 20
# In the order of the page: state, its name in a sentence, and what it means.
STATES = (
    ("new", "new", "No report before told them."),
    ("gone", "gone", "They stood, were judged again, and no longer stand."),
    ("still-open", "still open", "They stood before and stand."),
    ("newly-judged", "newly judged", "Their rows stood in the report before and were not judged there."),
    ("not-judged", "not judged tonight", "They stood, and this report cannot tell. They are not counted as gone."),
    ("reopened", "reopened", "They had been gone, and stand again."),
    (
        "count-changed",
        "closed cycles changed",
        "These cycles had ended by the earlier as-of, and have another count now.",
    ),
)
# The states that the top of the page always counts.
COUNTED = STATES[:5]


@dataclass(frozen=True)
class Group:
    """The flags in one state: how many, how many of them a waiver marks, and the first rows."""

    state: str
    name: str
    meaning: str
    total: int
    waived: int
    rows: list[Row]


@dataclass(frozen=True)
class Changed:
    """`since_us` is the as-of of the report before in microseconds, None for the first report. `differing` are settings
    and software that are not as they were. `waivers` are those of the run, each with what came of it.
    """

    since_us: int | None
    differing: list[Row]
    waivers: list[Row]
    groups: dict[str, Group]

    @property
    def tops(self) -> list[Group]:
        """The groups that are counted at the top: five always, others where there are any."""
        always = {state for state, _, _ in COUNTED}
        return [group for group in self.groups.values() if group.state in always or group.total]


def read_changed(con: duckdb.DuckDBPyConnection, context: ReportContext) -> Changed:
    """Ask the views `report.changes` and `report.comparison`."""
    facts = ask(con, "comparison_facts")
    totals = {row["state"]: row for row in ask(con, "change_counts")}
    groups = {}
    for state, name, meaning in STATES:
        found = totals.get(state, {"flags": 0, "waived": 0})
        rows = ask(con, "change_rows", state=state, many=ROWS_SHOWN, as_of_us=context.as_of_us)
        groups[state] = Group(state, name, meaning, found["flags"], found["waived"], rows)
    return Changed(
        since_us=next((_microseconds(row["earlier"]) for row in facts if row["fact"] == "since"), None),
        differing=[row for row in facts if row["fact"] in {"setting", "software"}],
        waivers=[row for row in facts if row["fact"] == "waiver"],
        groups=groups,
    )


def _microseconds(text: str) -> int:
    return microseconds_of(datetime.fromisoformat(text))
