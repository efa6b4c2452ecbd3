"""The command line: one thin function a command. Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from .cli_answers import answers
from .cli_replay import replaying
from .cli_starting import help_without_command, starting
from .endings import crash, fail, system_error, usage_error
from .errors import BadgeledgerError
from .options import (
    LOCK_TIMEOUT_SECONDS,
    AsOfOption,
    FailOnOption,
    FolderArgument,
    JsonOption,
    LockOption,
    OutOption,
    PipelineArgument,
    PipelineOption,
    PseudonymizeOption,
    ReportKeyOption,
    SetOption,
    SinceOption,
    WarehouseOption,
)

app = typer.Typer(
    name="badgeledger",
    help="Counts issued and earned badges against their limits, from the platform's own request logs.",
    epilog=(
        "Example: badgeledger run pipelines/nightly.toml\n\n"
        "Start with: badgeledger init nights, then badgeledger run nights/pipelines/nightly.toml. Each command has"
        " --help; badgeledger docs has the rule book and tours. Answers go to stdout, all else to stderr.\n\n"
        "Exit codes: 0 done, 2 usage or settings, 3 inputs, 4 --fail-on, 5 warehouse, 6 a check of our own,"
        " 7 a difference."
    ),
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
# Without a name its commands stand beside the others.
app.add_typer(starting)
app.add_typer(answers)
app.add_typer(replaying)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if version:
        from . import __version__

        print(f"badgeledger {__version__}")
        raise typer.Exit
    help_without_command(context)


@app.command(epilog="Example: badgeledger run pipelines/nightly.toml --input 'logs/*.jsonl.gz' --as-of now")
def run(
    pipeline: PipelineArgument,
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="PATH", help="A file, folder or glob (plain, .gz, .zst); replaces the file's."),
    ] = None,
    warehouse: WarehouseOption = None,
    out: OutOption = None,
    as_of: AsOfOption = None,
    since: SinceOption = None,
    pseudonymize: PseudonymizeOption = None,
    settings: SetOption = None,
    full: Annotated[
        bool, typer.Option("--full", help="Hash each input and account for each badge anew, not only for what changed.")
    ] = False,
    explain_cost: Annotated[bool, typer.Option("--explain-cost", help="Say what was counted anew.")] = False,
    fail_on: FailOnOption = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print nothing but warnings and errors, and with --json one line.")
    ] = False,
    metrics: Annotated[
        Path | None, typer.Option("--metrics", metavar="FILE", help="Write the run's numbers for Prometheus.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document in one line.")] = False,
) -> None:
    """Run a pipeline: ingest, account, check, publish the report.

    The steps and settings are those of the file; an option replaces what the file says, for this run alone. A file that
    was read before is not read again. A run that was killed either did not happen or is finished by the next one.

    Ends with 0 when done, 2 when the file or an option is wrong, 3 when an input cannot be read or too many lines are
    refused, 4 when --fail-on is met, 5 when the warehouse is locked or damaged, 6 when a check of our own fails, and 7
    when the step verify finds a difference. After 3, 5 and 6 nothing is published.
    """
    from .commands.run import run_pipeline

    run_pipeline(
        pipeline,
        inputs=inputs or [],
        warehouse=warehouse,
        out=out,
        as_of=as_of,
        since=since,
        pseudonymize=pseudonymize,
        overrides=settings or [],
        full=full,
        explain_cost=explain_cost,
        fail_on=fail_on,
        lock_timeout=lock_timeout,
        as_json=json,
        quiet=quiet,
        metrics=metrics,
    )


@app.command(epilog="Example: badgeledger ingest landing/ --warehouse ledger.duckdb")
def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files, folders or globs.")],
    warehouse: Annotated[Path, typer.Option("--warehouse", metavar="FILE", help="The warehouse, made if missing.")],
    zone: Annotated[
        str | None, typer.Option("--zone", metavar="ZONE", help="The feed's zone, if it writes times without offset.")
    ] = None,
    retry: Annotated[
        bool,
        typer.Option("--retry-quarantine", help="Read known files again if fewer of their lines are refused now."),
    ] = False,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Bring logs into a warehouse; print what became of their lines.

    Of each file, lines read = accepted + duplicate + quarantined. A file that was read before is known by its SHA-256
    and not read again. Ends with 3 when an input cannot be read: then nothing is kept.
    """
    from .commands.ingest import ingest_paths

    ingest_paths(paths, warehouse, zone=zone, retry=retry, lock_timeout=lock_timeout, as_json=json)


@app.command(epilog="Example: badgeledger report --warehouse ledger.duckdb --as-of 2024-09-17T00:00:00Z --out report")
def report(
    pipeline: PipelineOption = None,
    warehouse: WarehouseOption = None,
    as_of: AsOfOption = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="INSTANT", help="Leave out what was ingested after it.")
    ] = None,
    out: OutOption = None,
    pseudonymize: PseudonymizeOption = None,
    settings: SetOption = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Publish a report of what the warehouse holds, or once held.

    It takes no new logs. With --as-of and --known-at it is the report of a past night, as it would have been then. Its
    settings are those of the last run, or of --pipeline. A folder that stands is never written over: other content gets
    .2 behind its name.
    """
    from .commands.run import publish_report

    publish_report(
        pipeline,
        warehouse,
        as_of=as_of,
        known_at=known_at,
        out=out,
        pseudonymize=pseudonymize,
        overrides=settings or [],
        lock_timeout=lock_timeout,
        as_json=json,
    )


@app.command(epilog="Example: badgeledger verify build/reports/2026-03-01 --warehouse build/ledger.duckdb")
def verify(
    folder: FolderArgument,
    warehouse: Annotated[
        Path | None, typer.Option("--warehouse", metavar="FILE", help="Anchors the manifest to the runs it recorded.")
    ] = None,
    inputs: Annotated[
        list[Path] | None,
        typer.Option("--inputs", metavar="DIR", help="Where the raw inputs stand, if the warehouse cannot tell."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=1, help="Recount N breaches and N other rows, not all.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="The same seed draws the same rows.")] = 0,
    pseudonymize: ReportKeyOption = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Prove a report folder by a second program; say what differs.

    It shares no code with the first: it compares the SHA-256 of all files, inputs and outputs, and recounts every table
    from the raw lines. Ends with 0 for PASS and 7 for a difference, and names file, row and value. "On sheets" is the
    hash that each printed sheet of report.html carries.
    """
    from .commands.verify import verify_report

    verify_report(
        folder,
        warehouse=warehouse,
        inputs=inputs or [],
        sample=sample,
        seed=seed,
        pseudonymize=pseudonymize,
        lock_timeout=lock_timeout,
        as_json=json,
    )


@app.command(epilog="Example: badgeledger reproduce build/reports/2026-03-01 --warehouse build/ledger.duckdb")
def reproduce(
    folder: FolderArgument,
    warehouse: Annotated[
        Path | None, typer.Option("--warehouse", metavar="FILE", help="The warehouse that the report was made from.")
    ] = None,
    pseudonymize: ReportKeyOption = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Make a report again from its manifest; compare every byte.

    The folder is made aside and removed again. Ends with 0 when identical and 7 when not, and says which file differs
    and where, and which versions of the software are others than then.
    """
    from .commands.reproduce import reproduce_report

    reproduce_report(folder, warehouse, pseudonymize=pseudonymize, lock_timeout=lock_timeout, as_json=json)


@app.command(epilog="Example: badgeledger rebuild pipelines/nightly.toml")
def rebuild(
    pipeline: PipelineArgument,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="PATH", help="A file, folder or glob; replaces the file's.")
    ] = None,
    warehouse: WarehouseOption = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Make a lost or damaged warehouse anew, from inputs and reports.

    The raw inputs are read again, and the runs are taken from the manifests of the reports that stand. The old file is
    kept beside the new one.
    """
    from .commands.rebuild import rebuild_warehouse

    rebuild_warehouse(pipeline, inputs=inputs or [], warehouse=warehouse, lock_timeout=lock_timeout, as_json=json)


@app.command(epilog="Example: badgeledger explain 89c18057cd618501 --warehouse build/ledger.duckdb")
def explain(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="Of an issuance, breach, finding, badge or customer, or a code.")
    ],
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="What it is, if several have this id.")
    ] = None,
    pipeline: PipelineOption = None,
    warehouse: WarehouseOption = None,
    as_of: AsOfOption = None,
    settings: SetOption = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page.")] = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Tell the story of one id: its line, limits, expiry, and answer.

    The beginning of an id is enough if it is unique. The story has the request as it came, both clocks, the version in
    force, each limit with the issuances that filled it, the expiry and why, what the platform answered, and what replay
    would say.
    """
    from .commands.explain import Asked, explain_thing

    asked = Asked(id_, kind=kind, as_of=as_of, overrides=settings or [])
    explain_thing(pipeline, warehouse, asked, html=html, lock_timeout=lock_timeout, as_json=json)


@app.command(epilog="Example: badgeledger prune --warehouse build/ledger.duckdb --before 2025-01-01 --dry-run")
def prune(
    before: Annotated[
        str, typer.Option("--before", metavar="DATE", help="Of files ingested before this day (UTC) or instant.")
    ],
    pipeline: PipelineOption = None,
    warehouse: WarehouseOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be dropped.")] = False,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Drop the raw text of refused lines of long ago; counts stay.

    It says what can no longer be read again or rebuilt. --dry-run says so and drops nothing.
    """
    from .commands.prune import prune_warehouse

    prune_warehouse(pipeline, warehouse, before=before, dry_run=dry_run, lock_timeout=lock_timeout, as_json=json)


@app.command(epilog="Example: badgeledger status --warehouse build/ledger.duckdb")
def status(
    pipeline: PipelineOption = None,
    warehouse: WarehouseOption = None,
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS,
    json: JsonOption = False,
) -> None:
    """Say what the warehouse holds and which run was the last.

    Name it by --warehouse, or by the --pipeline file that names it.
    """
    from .commands.status import show_status

    show_status(pipeline, warehouse, lock_timeout=lock_timeout, as_json=json)


@cache
def _command() -> Any:
    """All commands with their options; to put them together takes as long as a short command."""
    return typer.main.get_command(app)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error becomes one paragraph on stderr."""
    command = _command()
    try:
        # Not command.main(): it ends a broken pipe with code 1.
        with command.make_context("badgeledger", list(arguments)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as leave:
        return leave.exit_code
    except BadgeledgerError as error:
        return fail(error)
    except BrokenPipeError:
        # The reader has seen enough. What is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        print("badgeledger: interrupted; what was not committed is not kept.", file=sys.stderr)
        return 130
    except OSError as error:
        return fail(system_error(error))
    except Exception as error:
        return fail(usage_error(error) or crash(error))
    return 0
