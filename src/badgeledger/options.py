"""Arguments and options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

PipelineArgument = Annotated[Path, typer.Argument(metavar="PIPELINE.toml", help="The pipeline file.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a report.")]
PipelineOption = Annotated[
    Path | None,
    typer.Option("--pipeline", metavar="FILE", help="A pipeline file for its settings; else the last run's."),
]
WarehouseOption = Annotated[
    Path | None, typer.Option("--warehouse", metavar="FILE", help="The warehouse; else the one of the pipeline file.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="The report folder itself; else the pipeline file's.")
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="INSTANT", help='Such as 2024-09-17T00:00:00Z, "now" or "start-of-day".'),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of the rule book, such as zone=Asia/Kolkata."),
]
SinceOption = Annotated[
    Path | None,
    typer.Option("--since", metavar="DIR", help="The report to compare with; else the last."),
]
PseudonymizeOption = Annotated[
    Path | None,
    typer.Option("--pseudonymize", metavar="KEYFILE", help="Publish customers by keyed hashes, not by their ids."),
]
FailOnOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on", metavar="WHAT", help="End with 4 for any that is not waived: new-breaches, breaches, errors."
    ),
]
LockOption = Annotated[
    float, typer.Option("--lock-timeout", metavar="SECONDS", min=0, help="How long to wait for the warehouse.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print CSV; piped answers are tab-separated without it.")]
RowsOption = Annotated[
    int, typer.Option("--rows", metavar="N", min=0, help="Rows of a table in a terminal; 0 for all, as when piped.")
]
LOCK_TIMEOUT_SECONDS = 600.0
ROWS = 40


@dataclass(frozen=True)
class Asking:
    """The options that every question has: which ledger is asked, and in which form the answer is shown."""

    warehouse: WarehouseOption = None
    pipeline: PipelineOption = None
    as_of: AsOfOption = None
    overrides: SetOption = None
    lock_timeout: LockOption = LOCK_TIMEOUT_SECONDS
    rows: RowsOption = ROWS
    as_json: JsonOption = False
    as_csv: CsvOption = False


def asked(question: Callable[..., None]) -> Callable[..., None]:
    """A command with its own options and those of :class:`Asking`, which it gets as its first argument."""
    shared = [field.name for field in fields(Asking)]

    @wraps(question)
    def command(**values: Any) -> None:
        question(Asking(**{name: values.pop(name) for name in shared}), **values)

    _, *own = inspect.signature(question).parameters.values()
    parameters = [*own, *inspect.signature(Asking).parameters.values()]
    types = get_type_hints(question, include_extras=True) | get_type_hints(Asking, include_extras=True)
    kinds = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.Signature([one.replace(annotation=types[one.name], kind=kinds) for one in parameters])
    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {name: types[name] for name in signature.parameters}
    return command


ReportKeyOption = Annotated[
    Path | None, typer.Option("--pseudonymize", metavar="KEYFILE", help="The key of the report's pseudonyms.")
]
