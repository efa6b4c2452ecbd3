"""Runs one function in a process of its own and says what it took."""

import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLAG = "--child"
Spent = tuple[float, float]


class Stopwatch:
    """Runs from its making on."""

    def __init__(self) -> None:
        self._started = time.perf_counter(), time.process_time()

    def read(self) -> Spent:
        """Seconds on the clock, and on all processors by all threads; the second tells how busy the machine was."""
        return time.perf_counter() - self._started[0], time.process_time() - self._started[1]


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock and on all processors, of the work alone; the peak of the whole process; the answer."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    result: Any


def measure(function: str, **arguments: Any) -> Measured:
    """Call `module.function` with JSON arguments in a new process; it returns (time spent, JSON result)."""
    print(f"{function} {arguments}", file=sys.stderr, flush=True)
    command = [sys.executable, str(Path(__file__).parent), FLAG, function, json.dumps(arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{function} ended with {process.returncode}")
    (seconds, cpu_seconds), result = json.loads(answer.splitlines()[-1])
    # Linux counts kilobytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, cpu_seconds, usage.ru_maxrss * unit / 1e6, result)


def serve() -> bool:
    """In a child: call what was asked for and print the answer. False in the parent."""
    if len(sys.argv) != 4 or sys.argv[1] != FLAG:
        return False
    module, _, name = sys.argv[2].partition(".")
    spent, result = getattr(importlib.import_module(module), name)(**json.loads(sys.argv[3]))
    print(json.dumps([spent, result]), flush=True)
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
