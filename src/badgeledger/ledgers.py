"""The ledger that a question is asked of: a warehouse under one set of settings, as of an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from . import calendar, pipeline, runs, views
from .settings import PipelineFile, Rules, now_microseconds, resolve_as_of, with_overrides
from .warehouse import Warehouse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]


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

    def rows(self, query: str, *values: object) -> list[Row]:
        """The rows of a query by column."""
        return rows_of(self.con.execute(query, list(values)))

    def row(self, query: str, *values: object) -> Row | None:
        """The first row of a query."""
        return next(iter(self.rows(query, *values)), None)


SomeLedger = TypeVar("SomeLedger", bound=Ledger)


def rows_of(con: DuckDBPyConnection) -> list[Row]:
    """The rows of the query that was executed last, by column."""
    names = [column[0] for column in con.description or []]
    return [dict(zip(names, row, strict=True)) for row in con.fetchall()]


@contextmanager
def open_ledger(
    kind: type[SomeLedger],
    warehouse: Path,
    *,
    file: PipelineFile | None = None,
    overrides: Sequence[str] = (),
    as_of: str | None = None,
    lock_timeout: float = pipeline.LOCK_TIMEOUT_SECONDS,
    progress: Callable[..., None] = lambda *_: None,
) -> Iterator[SomeLedger]:
    """The ledger of a warehouse with the settings of `file`, else of its last run, each of `overrides` put in.

    `as_of` defaults to that of the last run. Another night than the one in place is counted aside; nothing in the
    warehouse changes. Raises UsageError when there was no run.
    """
    with Warehouse.open(warehouse, lock_timeout=lock_timeout, read_only=True) as opened:
        last = runs.last(opened) if file is not None and as_of is not None else runs.require_last(opened)
        rules = file.settings.rules if file is not None else last.rules if last is not None else Rules()
        rules = with_overrides(rules, overrides)
        at = last.as_of if as_of is None and last else resolve_as_of(as_of or "now", rules.zone, now_microseconds())
        no_input = last is not None and bool(last.settings["no_input"])
        with views.ledger_views(opened, rules, at, None, no_input, progress) as con:
            inputs = [Path(path) for path in (last.settings.get("inputs", ()) if last is not None else ())]
            yield kind(con, rules, at, inputs)
