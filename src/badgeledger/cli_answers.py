"""The command line of the questions that are asked after a run: one thin function a command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .options import (
    LOCK_TIMEOUT_SECONDS,
    ROWS,
    Asking,
    CsvOption,
    JsonOption,
    LockOption,
    PipelineOption,
    RowsOption,
    SetOption,
    WarehouseOption,
    asked,
)

answers = typer.Typer(add_completion=False, rich_markup_mode=None)

BadgeArgument = Annotated[str, typer.Argument(metavar="BADGE", help="A badge: its id, how its id begins, or its name.")]
AnyBadgeArgument = Annotated[
    str | None, typer.Argument(metavar="BADGE", help="A badge: its id, how its id begins, or its name; else all.")
]


@answers.command(epilog="Example: badgeledger cycles 69015900f0210a195200000f --warehouse build/ledger.duckdb")
@asked
def cycles(asking: Asking, badge: BadgeArgument) -> None:
    """The cycles of a badge: past, current, next, with their counts.

    Cycles belong to fixed windows, and are runs of whole local days. A row has the bounds, the counted issuances, the
    subjects, and how many of them are over or at the number.
    """
    from .answers import quick
    from .commands.answers import answer

    answer(asking, lambda ledger, _: quick.cycles(ledger, badge))


@answers.command(epilog="Example: badgeledger limits 69015900f0210a195200000f --warehouse build/ledger.duckdb")
@asked
def limits(asking: Asking, badge: BadgeArgument) -> None:
    """The limits of a badge by version, their breaches, how full."""
    from .answers import quick
    from .commands.answers import answer

    answer(asking, lambda ledger, _: quick.limits(ledger, badge))


@answers.command(epilog="Example: badgeledger headroom --warehouse build/ledger.duckdb --used 100 --as-of now")
@asked
def headroom(
    asking: Asking,
    badge: AnyBadgeArgument = None,
    used: Annotated[
        int, typer.Option("--used", metavar="PERCENT", min=0, help="Show who used at least this share of a number.")
    ] = 75,
    limit: Annotated[str | None, typer.Option("--limit", metavar="NAME", help="Only this limit.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="Only this customer.")] = None,
) -> None:
    """Who is close to a limit, and when there is room again.

    next_at is the first instant at which one more issuance would be within this limit, all_at within all limits of the
    badge, to the microsecond, if nothing else is issued meanwhile.
    """
    from .answers.headroom import headroom as ask
    from .commands.answers import answer

    answer(asking, lambda ledger, _: ask(ledger, badge, used_percent=used, limit=limit, customer=customer))


@answers.command(epilog="Example: badgeledger expiring --warehouse build/ledger.duckdb --within 2w")
@asked
def expiring(
    asking: Asking,
    badge: AnyBadgeArgument = None,
    within: Annotated[
        str, typer.Option("--within", metavar="SPAN", help="How far ahead to look: hours, days, weeks (12h, 30d, 4w).")
    ] = "30d",
) -> None:
    """What is active now and expires soon, the soonest first."""
    from .answers import quick
    from .commands.answers import answer

    answer(asking, lambda ledger, _: quick.expiring(ledger, badge, within))


@answers.command(epilog="Example: badgeledger owners --warehouse build/ledger.duckdb --by request")
@asked
def owners(
    asking: Asking,
    badge: AnyBadgeArgument = None,
    by: Annotated[
        Literal["owner", "request", "batch"], typer.Option("--by", help="Owner type, requestId, or batch of ingest.")
    ] = "owner",
) -> None:
    """Which owner, request or batch used up each limit in use."""
    from .answers.owners import owners as ask
    from .commands.answers import answer

    answer(asking, lambda ledger, _: ask(ledger, badge, by))


@answers.command(epilog="Example: badgeledger advise 'Weekend club' --window CUSTOMER:ROLLING_WINDOW:DAYS:3")
@asked
def advise(
    asking: Asking,
    badge: BadgeArgument,
    limit: Annotated[
        str | None, typer.Option("--limit", metavar="NAME", help="A limit of the badge; else all.")
    ] = None,
    window: Annotated[
        str | None, typer.Option("--window", metavar="NAME", help="A window to think of, named as a limit is.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page, too.")] = None,
) -> None:
    """The breach curve: who would be over a limit, for each number.

    It counts what really happened: an issuance that would have been refused still takes its room. For what would have
    happened instead: badgeledger replay --rules. --window asks of a window that no version carries.
    """
    from .answers.advice import advise as ask
    from .commands.answers import answer, written

    answer(asking, lambda ledger, _: written(html, ask(ledger, badge, limit=limit, window=window)))


@answers.command(epilog="Example: badgeledger lint new-badge.json --warehouse build/ledger.duckdb --fail-on error")
def lint(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE.json", help="Definitions that are to go live; else those of the warehouse."),
    ] = None,
    warehouse: WarehouseOption = None,
    pipeline: PipelineOption = None,
    badge: Annotated[str | None, typer.Option("--badge", metavar="BADGE", help="Only this badge: id or name.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="INSTANT", help="When the update would come; now if not given.")
    ] = None,
    settings: SetOption = None,
    fail_on: Annotated[
        Literal["error", "warning"] | None,
        typer.Option("--fail-on", help="End with 4 when there is a remark of this severity, or a worse one."),
    ] = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    rows: RowsOption = ROWS,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Check badge definitions before, or after, they go live.

    It finds limits that never bite, contradictions, and updates that the platform would refuse, each with its
    arithmetic. Ends with 0, or with 4 when --fail-on is met.
    """
    from .commands.lint import lint_definitions

    lint_definitions(
        files or [],
        warehouse,
        pipeline,
        badge=badge,
        at=at,
        overrides=settings or [],
        fail_on=fail_on,
        lock_timeout=lock_timeout,
        rows=rows,
        as_json=json,
        as_csv=csv,
    )


@answers.command(
    epilog="Example: badgeledger sample --n 60 --seed 7 --out build/sample --warehouse build/ledger.duckdb"
)
@asked
def sample(
    asking: Asking,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the pack.")],
    badge: AnyBadgeArgument = None,
    n: Annotated[int, typer.Option("--n", metavar="N", min=1, help="How many issuances to draw.")] = 60,
    seed: Annotated[str, typer.Option("--seed", metavar="S", help="The same seed draws the same issuances.")] = "0",
) -> None:
    """Draw issuances for an audit, with all their evidence.

    Each badge and outcome gets a place while there are places. The same ledger, N and seed give the same folder, which
    says how it was drawn.
    """
    from .commands.sample import draw_sample

    draw_sample(asking, out, size=n, seed=seed, badge=badge)
