"""The ledger that a quick answer is read from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from .. import calendar, ledgers, runs
from ..errors import UsageError
from ..ledgers import Row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NAMED_MOST = 5


@dataclass(frozen=True)
class Ledger(ledgers.Ledger):
    """A ledger that answers the queries of this package and knows its badges by their names."""

    @property
    def about(self) -> str:
        """The line under a title."""
        return f"as of {runs.shown(self.as_of)}, zone {self.rules.zone}"

    @property
    def facts(self) -> dict[str, Any]:
        """What every answer says beside its rows."""
        return {"as_of": calendar.iso_instant(self.as_of), "rules": self.rules.model_dump()}

    def ask(self, query: str, **values: object) -> list[Row]:
        """The rows of `queries/NAME.sql`, in its own order, with the values that it names."""
        return ledgers.rows_of(self._executed(query, values))

    def arrays(self, query: str, **values: object) -> dict[str, Any]:
        """As :meth:`ask`, a numpy array for each column."""
        return dict(self._executed(query, values).fetchnumpy())

    def _executed(self, query: str, values: Mapping[str, object]) -> DuckDBPyConnection:
        text = _query(query)
        named = {name: values[name] for name in set(re.findall(r"\$([a-z_]+)", text))}
        return self.con.execute(text, named) if named else self.con.execute(text)

    def badge(self, text: str) -> tuple[str, str]:
        """Id and name of the badge that a text means: its id, its name, or how its id begins.

        Raises UsageError when it means none, or several.
        """
        badges = {row["badge_id"]: row["name"] or "" for row in self.ask("badges")}
        of_name = [id_ for id_, name in badges.items() if text and name == text]
        beginning = [id_ for id_ in badges if text and id_.startswith(text)]
        for found in ([text] if text in badges else [], of_name, beginning):
            if len(found) == 1:
                return found[0], badges[found[0]]
            if found:
                raise _no_badge(text, f"{len(found):,} badges: {_list(found)}")
        close = difflib.get_close_matches(text, [*badges, *badges.values()], n=1)
        raise _no_badge(text, "none of that name" + (f"; {close[0]!r} is the closest" if close else ""))


@cache
def _query(name: str) -> str:
    return files(__package__).joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


def _no_badge(text: str, found: str) -> UsageError:
    return UsageError(
        where=f"BADGE {text}",
        expected="the id of a badge in the warehouse, how it begins, or the badge's name",
        found=found,
        next_step="Write more of the id; the ids stand in the report's table badges.",
    )


def _list(ids: Sequence[str]) -> str:
    more = len(ids) - _NAMED_MOST
    return ", ".join(ids[:_NAMED_MOST]) + (f" and {more:,} more" if more > 0 else "")
