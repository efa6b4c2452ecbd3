"""How a command ends when it fails: one paragraph on stderr, and the exit code of the contract."""

from __future__ import annotations

import sys
from pathlib import Path

from .errors import BadgeledgerError, InternalCheckFailed, UsageError
from .text import plain


def fail(error: BadgeledgerError) -> int:
    """Print the paragraph of an error on stderr and return its exit code."""
    text = plain(str(error))
    print(text if text.startswith("badgeledger") else f"badgeledger: {text}", file=sys.stderr)
    return error.exit_code


def usage_error(error: Exception) -> UsageError | None:
    """The paragraph of a command line that the parser refused, None for any other error."""
    context = getattr(error, "ctx", None)
    if getattr(error, "exit_code", None) != 2:
        return None
    name = context.command_path if context is not None else "badgeledger"
    message = str(error.format_message() if hasattr(error, "format_message") else error).rstrip(".")
    return UsageError(
        where=name,
        expected="the arguments and options of this command",
        found=message[:1].lower() + message[1:],
        next_step=f"See {name} --help",
    )


def system_error(error: OSError) -> InternalCheckFailed:
    """The paragraph of what the operating system refused."""
    return InternalCheckFailed(
        where=str(error.filename) if error.filename is not None else "the operating system",
        expected="reading and writing to work",
        found=error.strerror or str(error),
        next_step="Nothing is published. Check the path, its rights and the free space, and run again.",
    )


def crash(error: Exception) -> InternalCheckFailed:
    """The paragraph of an error that nobody foresaw: where in the code it arose, without a traceback."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    at = (
        f"{Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}"
        if place is not None
        else "badgeledger"
    )
    return InternalCheckFailed(
        where=at,
        expected="no unforeseen error",
        found=f"{type(error).__name__}: {error}",
        next_step="Nothing is published. This is a fault of badgeledger: report it with this line and the command.",
    )
