"""The ledger that a question is asked of: the report views of a warehouse under the settings of its last run."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import calendar, pipeline, runs, views
from ..errors import UsageError
from ..settings import PipelineFile, Rules, now_microseconds, resolve_as_of, with_overrides
from ..warehouse import Warehouse
from .shown import Row

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NAMED_MOST = 5


@dataclass(frozen=True)
class Ledger:
    """A connection whose `report.*` views stand for `rules` and the instant `as_of` (microseconds).

    `inputs` are the places at which the last run was told to look for raw files.
    """

    con: DuckDBPyConnection
    rules: Rules
    as_of: int
    inputs: Sequence[Path] = ()

    @property
    def zone(self) -> calendar.Zone:
        """The zone in which days are cut."""
        return calendar.zone(self.rules.zone)

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
        found = self._executed(query, values)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

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


@contextmanager
def open_ledger(
    warehouse: Path,
    *,
    file: PipelineFile | None = None,
    overrides: Sequence[str] = (),
    as_of: str | None = None,
    lock_timeout: float = pipeline.LOCK_TIMEOUT_SECONDS,
    progress: Callable[..., None] = lambda *_: None,
) -> Iterator[Ledger]:
    """The ledger of a warehouse with the settings of `file`, else of its last run, each of `overrides` put in.

    `as_of` defaults to that of the last run. Another night than the one in place is counted aside; nothing in the
    warehouse changes. The settings are named on stderr. Raises UsageError when there was no run.
    """
    with Warehouse.open(warehouse, lock_timeout=lock_timeout, read_only=True) as opened:
        last = runs.last(opened) if file is not None and as_of is not None else runs.require_last(opened)
        rules = file.settings.rules if file is not None else last.rules if last is not None else Rules()
        rules = with_overrides(rules, overrides)
        at = last.as_of if as_of is None and last else resolve_as_of(as_of or "now", rules.zone, now_microseconds())
        settings = ", ".join(f"{key}={value}" for key, value in rules.model_dump().items())
        print(f"settings of {file.path if file is not None else 'the last run'}: {settings}", file=sys.stderr)
        no_input = last is not None and bool(last.settings["no_input"])
        with views.ledger_views(opened, rules, at, None, no_input, progress) as con:
            inputs = [Path(path) for path in (last.settings.get("inputs", ()) if last is not None else ())]
            yield Ledger(con, rules, at, inputs)


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
