"""The `report` views that are asked for: the ledger in place where it is that one, else one computed aside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import changes, earlier, runs
from .settings import Rules
from .waivers import of_record
from .warehouse import Warehouse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Progress = Callable[..., None]


@contextmanager
def ledger_views(
    warehouse: Warehouse, rules: Rules, as_of: int, known_at: int | None, no_input: bool, progress: Progress
) -> Iterator[DuckDBPyConnection]:
    """A connection whose `report.*` views show what is asked for: the ledger in place, or one computed aside."""
    last = _in_place(warehouse, rules, as_of, known_at, no_input)
    if last is not None:
        yield warehouse.con
        return
    from .accounting import aside

    progress("account: counting aside")
    with aside(warehouse, rules, as_of, known_at, no_input=no_input) as con:
        yield con


@contextmanager
def report_views(
    warehouse: Warehouse, as_of: int, known_at: int | None, settings: Mapping[str, Any], progress: Progress
) -> Iterator[tuple[DuckDBPyConnection, dict[str, Any], list[str]]]:
    """As :func:`ledger_views`, compared with an earlier report as `settings` say; with the settings as they then are
    and with warnings.
    """
    from .accounting import aside
    from .reports.manifest import versions

    rules, no_input = Rules(**settings["rules"]), bool(settings["no_input"])
    last = _in_place(warehouse, rules, as_of, known_at, no_input)
    told = ("since", "waivers")
    if (
        last is not None
        and last.settings.get("versions") == versions()
        and all(last.settings.get(key) == settings.get(key) for key in told)
    ):
        yield warehouse.con, dict(settings) | {"since_rebuilt": last.settings["since_rebuilt"]}, []
        return
    with earlier.remembered(warehouse, settings, progress=progress) as found:
        progress("account: counting aside")
        with aside(warehouse, rules, as_of, known_at, no_input=no_input) as con:
            # The workbook prints the comments of the views alone; nobody sees what else is computed aside.
            yield con, compare(con, found, as_of, settings, ("report",)), found.warnings


def _in_place(warehouse: Warehouse, rules: Rules, as_of: int, known_at: int | None, no_input: bool) -> runs.Run | None:
    """The last run, when the ledger in place is the one that is asked for."""
    last = runs.last(warehouse)
    if (
        last is not None
        and runs.is_current(warehouse.con, last)
        and (last.as_of, last.rules, last.settings["no_input"]) == (as_of, rules, no_input)
        and known_at in {None, last.known_at}
    ):
        return last
    return None


def compare(
    con: DuckDBPyConnection,
    found: earlier.Found,
    as_of: int,
    settings: Mapping[str, Any],
    described: Collection[str] | None = None,
) -> dict[str, Any]:
    """Compare the ledger of `con` with the earlier report; the settings of the run with what came of that.

    This is the last step before a report: what is there, or in the schemas `described`, is then given its comments.
    """
    from .dictionary import describe
    from .reports.manifest import versions

    changes.compare(
        con,
        found.report,
        rules=Rules(**settings["rules"]),
        as_of_us=as_of,
        versions=versions(),
        waivers=of_record(settings.get("waivers", ())),
    )
    describe(con, described)
    since = None if found.lost else settings["since"]
    return dict(settings) | {"since": since, "since_rebuilt": found.rebuilt, "versions": versions()}


def totals_of(con: DuckDBPyConnection) -> dict[str, int]:
    """The counts of a report that a person reads first."""
    names = ("badges", "issuances", "counted", "breaches", "findings", "errors", "warnings", "notices", "quarantined")
    row = con.execute(
        "SELECT badges.*, findings.*, (SELECT count(*) FROM report.quarantine) FROM"
        " (SELECT count(*), coalesce(sum(issuances), 0)::BIGINT, coalesce(sum(counted), 0)::BIGINT,"
        " coalesce(sum(breaches), 0)::BIGINT FROM report.badges) AS badges,"
        " (SELECT count(*), count(*) FILTER (severity = 'error'), count(*) FILTER (severity = 'warning'),"
        " count(*) FILTER (severity = 'notice') FROM report.findings) AS findings"
    ).fetchone()
    return dict(zip(names, row or (), strict=True))
