"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PipelineArgument = Annotated[Path, typer.Argument(metavar="PIPELINE.toml", help="The pipeline file.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a report.")]
PipelineOption = Annotated[
    Path | None, typer.Option("--pipeline", metavar="FILE", help="Use this file's settings, not the last run's.")
]
WarehouseOption = Annotated[
    Path | None, typer.Option("--warehouse", metavar="FILE", help="The warehouse; replaces the pipeline file's.")
]
OutOption = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="The report folder itself.")]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="INSTANT", help='Such as 2024-09-17T00:00:00Z; or "now", or "start-of-day".'),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of the rule book, such as zone=Asia/Kolkata."),
]
SinceOption = Annotated[
    Path | None, typer.Option("--since", metavar="DIR", help="The report to compare with, not the last.")
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
LOCK_TIMEOUT_SECONDS = 600.0
