"""What the errors of DuckDB mean to the person who has to act on them."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import duckdb

from .errors import InternalCheckFailed, WarehouseDamaged

_REBUILD = (
    "Make it anew from the raw inputs with badgeledger rebuild PIPELINE.toml; what stands there is kept beside it."
)
_SYSTEM = {os.strerror(number): number for number in (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM
)}  # fmt: skip
_DAMAGE = re.compile(r"[Cc]orrupt|not a valid DuckDB|Could not read enough bytes|Failure while replaying WAL")
_FILE = re.compile(r'file \\?"([^"\\]+)')


def damaged(path: Path, error: Exception) -> WarehouseDamaged:
    """The warehouse in `path` does not open, or breaks under reading."""
    return WarehouseDamaged(
        where=str(path), expected="a DuckDB file that opens", found=first_line(error), next_step=_REBUILD
    )


def lone_log(path: Path, wal: Path) -> WarehouseDamaged:
    """Only the write-ahead log of a warehouse is there."""
    return WarehouseDamaged(
        where=str(path),
        expected="the warehouse beside its write-ahead log",
        found=f"only {wal.name}",
        next_step=f"Put the warehouse file back. If it is lost: {_REBUILD[0].lower()}{_REBUILD[1:]}",
    )


def explained(path: Path, error: Exception) -> Exception:
    """The error that an error of DuckDB on the warehouse in `path` stands for; itself where nothing is known of it."""
    while isinstance(error, duckdb.TransactionException) and isinstance(error.__context__, duckdb.Error):
        # What is cleared up behind an error is refused, too: the transaction is over.
        error = error.__context__
    text = str(error)
    for words, number in _SYSTEM.items():
        if words in text:
            file = _FILE.search(text)
            return OSError(number, words, file[1] if file else str(path))
    if isinstance(error, duckdb.OutOfMemoryException):
        return InternalCheckFailed(
            where=str(path),
            expected="the work to fit into memory, and what does not into the disk beside the warehouse",
            found=first_line(error),
            next_step="Nothing is published. Free disk space, or raise BADGELEDGER_MEMORY_LIMIT, and run again.",
        )
    return damaged(path, error) if _DAMAGE.search(text) else error


def first_line(error: Exception) -> str:
    """The first line of an error's text, or its name."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
