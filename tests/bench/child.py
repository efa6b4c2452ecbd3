"""Runs one function in a process of its own and says what it took."""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAG = "--child"


@dataclass(frozen=True)
class Measured:
    """`seconds` of the function alone, `peak_mb` of its whole process, and what it returned."""

    seconds: float
    peak_mb: float
    result: Any


def measure(function: str, **arguments: Any) -> Measured:
    """Call `module.function` with JSON arguments in a new process; it returns (seconds, JSON result)."""
    print(f"{function} {arguments}", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).parent), FLAG, function, json.dumps(arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{function} ended with {process.returncode}")
    seconds, result = json.loads(answer.splitlines()[-1])
    # Linux counts kilobytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, usage.ru_maxrss * unit / 1e6, result)


def serve() -> bool:
    """In a child: call what was asked for and print the answer. False in the parent."""
    if len(sys.argv) != 4 or sys.argv[1] != FLAG:
        return False
    module, _, name = sys.argv[2].partition(".")
    seconds, result = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[3]))
    print(json.dumps([seconds, result]), flush=True)
    return True


def show(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print a Markdown table, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    print(f"\n{title}\n")
    for cells in (columns, *rows):
        padded = [
            cells[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)),
        ]
        print(f"| {' | '.join(padded)} |")
        if cells is columns:
            print(f"|{'-' * (widths[0] + 2)}|{''.join('-' * (width + 1) + ':|' for width in widths[1:])}")
    print(flush=True)
