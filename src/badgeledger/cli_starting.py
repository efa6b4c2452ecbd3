"""The command line of what comes before a run: starter files, logs for trials, the built-in texts, settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import JsonOption, PipelineArgument, SetOption

starting = typer.Typer(add_completion=False, rich_markup_mode=None)
config_app = typer.Typer(
    help="Show or check the settings of a pipeline file.",
    epilog="Example: badgeledger config validate pipelines/nightly.toml",
)
starting.add_typer(config_app, name="config")


def help_without_command(context: typer.Context) -> None:
    """Show the help of a group of commands that is called without one."""
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


@config_app.callback(invoke_without_command=True)
def _config(context: typer.Context) -> None:
    help_without_command(context)


@starting.command(epilog="Example: badgeledger init my-ledger")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to; made if missing.")],
) -> None:
    """Write a starter pipeline and the sample logs into a folder.

    Nothing that stands there is written over. Then: badgeledger run DIR/pipelines/nightly.toml, and name your own logs
    under its [[inputs]].
    """
    from .commands.init import write_starter

    write_starter(folder)


@starting.command(epilog="Example: badgeledger generate logs --issuances 100000 --seed 7")
def generate(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write the log files to.")],
    issuances: Annotated[int, typer.Option("--issuances", min=1, max=10**9, help="Customers in all calls.")] = 10_000,
    badges: Annotated[int, typer.Option("--badges", min=1, help="Badges defined.")] = 40,
    customers: Annotated[
        int | None, typer.Option("--customers", min=1, help="Customers; one for every 25 issuances if not given.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days that the log spans.")] = 92,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same log.")] = 0,
    files: Annotated[int, typer.Option("--files", min=1, help="Files that the calls are spread over.")] = 4,
    suffix: Annotated[
        str, typer.Option("--suffix", help=".jsonl, .jsonl.gz, .jsonl.zst, or mixed for all in turn.")
    ] = ".jsonl",
    json: JsonOption = False,
) -> None:
    """Write a synthetic log in the platform's shapes, of any size.

    For trials and measurements: the same options give the same bytes.
    """
    from .commands.generate import write_log

    write_log(
        out,
        as_json=json,
        issuances=issuances,
        badges=badges,
        customers=customers,
        days=days,
        seed=seed,
        files=files,
        suffix=suffix,
    )


@starting.command(epilog="Example: badgeledger docs rulebook")
def docs(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A text; without it, their names.")] = None,
) -> None:
    """Print a built-in text: the rule book, the contract, and more.

    Start with analysts, auditors or engineers, whichever you are.
    """
    from .commands.docs import show_docs

    show_docs(name)


@config_app.command("show", epilog="Example: badgeledger config show pipelines/nightly.toml --set month=30-days")
def config_show(pipeline: PipelineArgument, settings: SetOption = None, json: JsonOption = False) -> None:
    """Print every setting that a run would use, with all defaults."""
    from .commands.config import show_config

    show_config(pipeline, settings or [], as_json=json)


@config_app.command("validate", epilog="Example: badgeledger config validate pipelines/nightly.toml")
def config_validate(pipeline: PipelineArgument, settings: SetOption = None) -> None:
    """Check a pipeline file without running it.

    Ends with 0, or with 2 and the line and column of what is wrong.
    """
    from .commands.config import validate_config

    validate_config(pipeline, settings or [])
