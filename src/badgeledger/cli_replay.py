"""The command line of replay: history decided again, or audited under other readings of the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .errors import UsageError
from .options import (
    LOCK_TIMEOUT_SECONDS,
    AsOfOption,
    JsonOption,
    LockOption,
    PipelineOption,
    SetOption,
    WarehouseOption,
)

replaying = typer.Typer(add_completion=False, rich_markup_mode=None)


@replaying.command(epilog="Example: badgeledger replay --warehouse ledger.duckdb --out replay --rules what-if.toml")
def replay(
    grid_settings: Annotated[
        str, typer.Argument(metavar="SETTING,...", help="With --settings-grid: the settings to combine; else all.")
    ] = "",
    pipeline: PipelineOption = None,
    warehouse: WarehouseOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The folder of decisions; else beside the report's.")
    ] = None,
    as_of: AsOfOption = None,
    settings: SetOption = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="A TOML file of other rules: badgeledger docs contract."),
    ] = None,
    shown_from: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="Write only what was processed from it on.")
    ] = None,
    shown_to: Annotated[
        str | None, typer.Option("--to", metavar="INSTANT", help="Write only what was processed before it.")
    ] = None,
    emit: Annotated[
        Path | None,
        typer.Option("--emit", metavar="FILE", help="Write the answers under replay, as lines of exchanges."),
    ] = None,
    settings_grid: Annotated[
        bool, typer.Option("--settings-grid", help="Audit under every combination of settings instead.")
    ] = False,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Decide every request again; compare with what was recorded.

    Unlike the audit, what is rejected takes no room for what comes after. With --rules or --set everything is decided
    twice, under the recorded rules and under the others, and set side by side. --settings-grid decides nothing: it
    audits under every combination of settings and says which flags depend on which reading. The folder has tables, a
    manifest and a page.
    """
    if not settings_grid:
        if grid_settings:
            raise _unexpected(grid_settings, "settings behind --settings-grid alone")
        from .commands.replay import replay_history

        replay_history(
            pipeline,
            warehouse,
            as_of=as_of,
            out=out,
            overrides=settings or [],
            rules=rules,
            shown_from=shown_from,
            shown_to=shown_to,
            emit=emit,
            lock_timeout=lock_timeout,
            as_json=json,
        )
        return
    for option, value in {"--rules": rules, "--from": shown_from, "--to": shown_to, "--emit": emit}.items():
        if value is not None:
            raise _unexpected(option, "no option of a decision beside --settings-grid, which audits")
    from .commands.grid import show_grid

    show_grid(
        pipeline,
        warehouse,
        grid_settings,
        as_of=as_of,
        out=out,
        overrides=settings or [],
        lock_timeout=lock_timeout,
        as_json=json,
    )


def _unexpected(found: str, expected: str) -> UsageError:
    return UsageError(
        where="badgeledger replay", expected=expected, found=found, next_step="See badgeledger replay --help"
    )
