"""What a person sees while a command works: nothing for two seconds, then what it is doing, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text

from .text import plain

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 5.0


class Progress:
    """Say what is being done: ``progress("ingest: logs.jsonl")``.

    On a terminal the last word stands in one moving line; elsewhere it becomes a plain line now and then. A command
    that ends within two seconds says nothing.
    """

    def __init__(self) -> None:
        self._began = self._spoke = time.monotonic()
        self._status: Status | None = None
        self._console = Console(stderr=True, highlight=False)

    def __call__(self, *words: object) -> None:
        now = time.monotonic()
        if now - self._began < _QUIET_SECONDS:
            return
        text = plain(" ".join(str(word) for word in words))
        if self._console.is_terminal:
            shown = Text(f"{text}  ({now - self._began:.0f} s)")
            if self._status is None:
                self._status = self._console.status(shown)
                self._status.start()
            else:
                self._status.update(shown)
        elif now - self._spoke >= _LINE_SECONDS or self._spoke == self._began:
            self._spoke = now
            print(f"{text} ({now - self._began:.0f} s)", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the moving line off the terminal."""
        if self._status is not None:
            self._status.stop()
            self._status = None


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress that is off the terminal again when the work is over, also when it failed."""
    shown = Progress()
    try:
        yield shown
    finally:
        shown.close()
