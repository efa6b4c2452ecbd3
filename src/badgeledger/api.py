"""What `import badgeledger` offers: run a pipeline file, read the tables of its report, decide history again.

>>> import badgeledger
>>> result = badgeledger.run_pipeline("pipelines/nightly.toml")
>>> result.totals["breaches"], result.totals["findings"]
(224, 81)
>>> ledger = badgeledger.open_warehouse("build/ledger.duckdb")
>>> breaches = ledger.read("breaches")
>>> breaches.height
224
>>> breaches.group_by("scope").len().sort("scope").rows()
[('BADGE', 60), ('CUSTOMER', 164)]

Whatever goes wrong is a :class:`~badgeledger.errors.BadgeledgerError` that says where, what was expected, what was
found, and what to do; its subclasses are those of :mod:`badgeledger.errors`. What the operating system refuses, such as
a full disk, stays an :class:`OSError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from . import pipeline, replay, runs
from .calendar import moment_of
from .errors import UsageError
from .overrides import load_overrides
from .pipeline import LOCK_TIMEOUT_SECONDS, RunResult
from .replay import ReplayResult
from .reports.tables import TABLES, frame
from .settings import load, with_overrides
from .views import report_views
from .warehouse import Warehouse

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Ledger", "ReplayResult", "RunResult", "open_warehouse", "run_pipeline"]


def run_pipeline(
    path: str | Path,
    *,
    inputs: Sequence[str | Path] = (),
    warehouse: str | Path | None = None,
    out: str | Path | None = None,
    as_of: str | None = None,
    since: str | Path | None = None,
    settings: Mapping[str, str] | None = None,
    full: bool = False,
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
) -> RunResult:
    """Run a pipeline file, as `badgeledger run` does; each argument is the option of that name, `settings` its `--set`.

    The same logs give the same report, so that the one that stands is kept:

    >>> again = run_pipeline("pipelines/nightly.toml", as_of="2026-03-01T00:00:00Z")
    >>> again.published.kept, again.totals["breaches"]
    (True, 224)

    Nothing is printed. Instants in the result are microseconds since 1970 in UTC. Raises ConfigError for a pipeline
    file or setting that is wrong, InputError for an input that cannot be read, WarehouseError when the warehouse cannot
    be used, `lock_timeout` seconds after another process took it included, and InternalCheckFailed.
    """
    return pipeline.run(
        load(Path(path), _overrides(settings)),
        inputs=[str(entry) for entry in inputs],
        warehouse=_path(warehouse),
        out=_path(out),
        as_of=as_of,
        since=_path(since),
        full=full,
        lock_timeout=lock_timeout,
    )


def open_warehouse(path: str | Path, *, lock_timeout: float = LOCK_TIMEOUT_SECONDS) -> Ledger:
    """The ledger in a warehouse of which a pipeline was run. Nothing that is asked of it changes what it holds.

    >>> open_warehouse("build/nothing.duckdb")
    Traceback (most recent call last):
    badgeledger.errors.WarehouseDamaged: build/nothing.duckdb: expected a warehouse; found no such file. ...

    Raises UsageError when there was no run, and WarehouseError as :func:`run_pipeline` does.
    """
    with Warehouse.open(Path(path), read_only=True, lock_timeout=lock_timeout) as opened:
        runs.require_last(opened)
    return Ledger(Path(path), lock_timeout)


class Ledger:
    """A warehouse, seen as of its last run. It is held open only while a question is answered, so that a nightly run
    never waits for a program that keeps a ledger.

    >>> ledger = open_warehouse("build/ledger.duckdb")
    >>> ledger.as_of.isoformat()
    '2026-03-01T00:00:00+00:00'
    >>> ledger.settings["rolling_clock"]
    'processed'
    >>> ledger.tables[:3]
    ('badges', 'issuances', 'breaches')
    """

    def __init__(self, path: Path, lock_timeout: float) -> None:
        self.path = path
        self._lock_timeout = lock_timeout

    @property
    def tables(self) -> tuple[str, ...]:
        """The names that :meth:`read` takes: the tables of a report folder (`badgeledger docs contract`)."""
        return tuple(TABLES)

    @property
    def as_of(self) -> datetime:
        """The instant that the last run looked at, in UTC."""
        return moment_of(self._last_run().as_of)

    @property
    def settings(self) -> dict[str, str]:
        """The settings of the rule book under which the last run judged."""
        return self._last_run().rules.model_dump()

    def read(self, table: str) -> pl.DataFrame:
        """The rows of a report table, with its columns, order and types of the contract; instants have the zone UTC.

        >>> ledger = open_warehouse("build/ledger.duckdb")
        >>> ledger.read("cycles").columns[:4]
        ['badge_id', 'scope', 'cycle_no', 'limit_name']
        >>> ledger.read("badge")
        Traceback (most recent call last):
        badgeledger.errors.UsageError: the table 'badge': expected one of badges, issuances, breaches, ...

        What was ingested since the last run is not in it. Raises UsageError for a name that is none of
        :attr:`tables`, and WarehouseError.
        """
        if table not in TABLES:
            raise UsageError(
                where=f"the table {table!r}",
                expected=f"one of {', '.join(TABLES)}",
                found=repr(table),
                next_step="Read one of them; their columns stand in: badgeledger docs contract",
            )
        with Warehouse.open(self.path, read_only=True, lock_timeout=self._lock_timeout) as opened:
            last = runs.require_last(opened)
            with report_views(opened, last.as_of, last.known_at, last.settings, lambda *_: None) as (con, _, _):
                return frame(con, TABLES[table])

    def replay(
        self,
        out: str | Path,
        *,
        as_of: str | None = None,
        settings: Mapping[str, str] | None = None,
        rules: str | Path | None = None,
    ) -> ReplayResult:
        """Decide every request again and write the decisions to the folder `out`, as `badgeledger replay` does.

        `settings` replace those of the last run, `rules` is a file of other rules, `as_of` another instant.

        >>> ledger = open_warehouse("build/ledger.duckdb")
        >>> replayed = ledger.replay("build/replay")
        >>> sum(row["newly_rejected"] for row in replayed.by_reason)
        140

        Raises ConfigError for a setting or a file that is wrong, UsageError for an instant or a folder that is,
        and WarehouseError.
        """
        return replay.replay(
            self.path,
            overrides=lambda recorded: with_overrides(recorded, _overrides(settings)),
            other=None if rules is None else load_overrides(Path(rules)),
            as_of=as_of,
            out=Path(out),
            lock_timeout=self._lock_timeout,
        )

    def _last_run(self) -> runs.Run:
        with Warehouse.open(self.path, read_only=True, lock_timeout=self._lock_timeout) as opened:
            return runs.require_last(opened)


def _overrides(settings: Mapping[str, str] | None) -> list[str]:
    return [f"{key}={value}" for key, value in (settings or {}).items()]


def _path(path: str | Path | None) -> Path | None:
    return None if path is None else Path(path)
