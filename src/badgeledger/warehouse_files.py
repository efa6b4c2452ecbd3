"""The files of a warehouse: its lock, its write-ahead log, and how one warehouse takes the place of another."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from .errors import UsageError, WarehouseLocked
from .faults import Point, reached
from .trouble import lone_log

_LOCK_POLL_SECONDS = 0.2


@contextmanager
def locked(path: Path, timeout: float) -> Iterator[None]:
    """Hold `PATH.lock`, which is never removed; it names the holder's process while it is held. Its folder is made.

    Raises WarehouseLocked after `timeout` seconds, UsageError for a path that DuckDB would not take as it is, or under
    which something else stands than a file.
    """
    _refuse_question_mark(path)
    _refuse_no_file(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock_path = path.with_name(path.name + ".lock")
    descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= deadline:
                    holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "an unnamed process"
                    raise WarehouseLocked(
                        where=str(path),
                        expected=f"the warehouse to become free within {timeout:g} s",
                        found=f"it is held by {holder}",
                        next_step="Wait for that run to end, or raise --lock-timeout.",
                    ) from None
                time.sleep(_LOCK_POLL_SECONDS)
        os.ftruncate(descriptor, 0)
        os.pwrite(
            descriptor,
            f"process {os.getpid()}, since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n".encode(),
            0,
        )
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _refuse_question_mark(path: Path) -> None:
    """Raise UsageError for a warehouse with a `?` in its path: DuckDB would put its log elsewhere."""
    # It takes the first one, also of a name that a link stands for, as the end of the path, and adds `.wal` before it.
    if "?" in os.path.realpath(path):
        raise UsageError(
            where=str(path),
            expected="a path to a warehouse without a question mark",
            found=os.path.realpath(path),
            next_step="Name another --warehouse; inputs and reports may stand in any folder.",
        )


def _refuse_no_file(path: Path) -> None:
    """Raise UsageError for a folder, or a pipe, which whoever opens it would wait for."""
    if path.exists() and not path.is_file():
        raise UsageError(
            where=str(path),
            expected="a warehouse, which is a file",
            found="a folder" if path.is_dir() else "a special file",
            next_step="Name another --warehouse.",
        )


def refuse_lone_log(path: Path) -> None:
    """Raise WarehouseDamaged where the log of a warehouse stands without it."""
    # DuckDB would make an empty database and delete the log, and with it what was committed (FAULTS 3.1).
    if log_of(path).exists() and not path.exists():
        raise lone_log(path, log_of(path))


def log_of(path: Path) -> Path:
    """The write-ahead log of the warehouse in `path`."""
    return path.with_name(path.name + ".wal")


def remove(path: Path) -> None:
    """Remove a warehouse and its log, whichever of them there is."""
    for file in (path, log_of(path)):
        file.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """The first of `NAME.damaged-1`, `NAME.damaged-2` and so on that is free, with its log."""
    for number in count(1):
        name = path.with_name(f"{path.name}.damaged-{number}")
        if not name.exists() and not log_of(name).exists():
            break
    return name


def replace(path: Path, young: Path, kept: Path | None) -> None:
    """Put a new warehouse in the place of another, which stays under a name of its own.

    The old log goes last: beside the new file it is refused, so that whoever comes in between is told to rebuild
    again, and nobody opens the old file without its log or begins with nothing.
    """
    sync(young)
    if kept is not None:
        for old, name in ((path, kept), (log_of(path), log_of(kept))):
            if old.exists():
                os.link(old, name)
    reached(Point.SET_ASIDE)
    os.replace(young, path)
    reached(Point.REPLACED)
    log_of(path).unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Force a file or folder to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
