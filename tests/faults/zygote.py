"""A process that has loaded and compiled everything and holds nothing, and forks a fresh one for each command line.

A start from nothing costs a second, a fork a hundredth. It has one thread and no open database, so that a fork of it
is as good as new. It is told what to do by lines of JSON on stdin and answers in kind.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy  # noqa: F401
from faults.nights import AS_OF, make_nights

from badgeledger import cli, warehouse

_PR_SET_CHILD_SUBREAPER = 36
# No thread but the first: where a run forks, nothing of it stays behind.
warehouse._CONFIG |= {"threads": 1, "async_threads": 0}


def main() -> None:
    # A child whose parent was killed is waited for here.
    assert ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    _warm(Path(sys.argv[1]))
    assert threading.active_count() == 1
    print(json.dumps({"threads": len(os.listdir("/proc/self/task"))}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(_start(order) if "argv" in order else _wait(order["wait"])), flush=True)


def _warm(root: Path) -> None:
    """The nights that are going to be broken off, so that compiled code is loaded, statements are parsed, and the
    calendar of UTC is made.
    """
    for ledger, night in make_nights(root):
        _silently(["run", f"{ledger.folder}/nightly.toml", "--as-of", f"{AS_OF[night]}T00:00:00Z"])
        _silently(["verify", f"{ledger.folder}/reports/{AS_OF[night]}", "--inputs", f"{ledger.folder}/logs"])
    # What is there now is not looked at again in any fork.
    gc.collect()
    gc.freeze()


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
