"""A process that has loaded and compiled everything and holds nothing, and forks a fresh one for each command line.

A start from nothing costs a second, a fork a hundredth. It has one thread and no open database, so that a fork of it
is as good as new. It is told what to do by lines of JSON on stdin and answers in kind.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import harness
import numpy  # noqa: F401

from badgeledger import cli


def main() -> None:
    _warm()
    assert threading.active_count() == 1
    print(json.dumps({"threads": len(os.listdir("/proc/self/task"))}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(_start(order) if "argv" in order else _wait(order["wait"])), flush=True)


def _warm() -> None:
    """One whole run, so that compiled code is loaded and the calendar of UTC is made."""
    with tempfile.TemporaryDirectory() as folder:
        log = [
            harness.define(harness.definition("B", limits=[harness.fixed_value(1), harness.every_days(3, 1)])),
            harness.issue_bulk("B", ["c1", "c2"], "2024-01-01T00:00:00Z", rid="r1"),
            harness.issue_bulk("B", ["c1", "c2"], "2024-01-02T00:00:00Z", rid="r2"),
        ]
        harness.write_files(Path(folder) / "logs", harness.files_of(log))
        (Path(folder) / "nightly.toml").write_text(
            '[pipeline]\nname="n"\nwarehouse="w"\nreports="r"\nas_of="2024-02-01T00:00:00Z"\n'
            '[[inputs]]\npath="logs"\n[reports]\nformats=["csv"]\n'
        )
        _silently(["run", f"{folder}/nightly.toml"])
        _silently(["verify", f"{folder}/r", "--inputs", f"{folder}/logs"])


def _silently(argv: list[str]) -> None:
    out = sys.stdout
    with open(os.devnull, "w") as sys.stdout:
        code = cli.run_command(argv)
    sys.stdout = out
    assert code == 0, argv


def _start(order: dict[str, Any]) -> dict[str, int]:
    pid = os.fork()
    if pid:
        return {"pid": pid}
    code = 99
    try:
        os.setsid()
        # From here on the kernel counts the largest memory anew.
        Path("/proc/self/clear_refs").write_text("5")
        inherited = _kilobytes("VmRSS")
        for number, name in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
            descriptor = os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.environ.update(order["env"])
        if order["file_size"]:
            # As the shell's ulimit -f: a write beyond it fails with EFBIG, and the signal is not for us.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_size"], order["file_size"]))
        for patch in order["patches"]:
            module, _, name = patch.partition(":")
            getattr(importlib.import_module(module), name)()
        code = cli.run_command(order["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
        Path(order["memory"]).write_text(str(_kilobytes("VmHWM") - inherited))
    finally:
        os._exit(code)


def _wait(pid: int) -> dict[str, int]:
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return {"stopped": 1}
    return {"code": os.waitstatus_to_exitcode(status)}


def _kilobytes(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0])


if __name__ == "__main__":
    main()
