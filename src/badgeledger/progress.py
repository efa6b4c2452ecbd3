"""What a person or a log sees while a command works, on stderr: what it is doing, since when, and what to look at."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.status import Status
from rich.text import Text

from .errors import BadgeledgerError
from .text import plain

_QUIET_SECONDS = 2.0
_LINE_SECONDS = 5.0


class Progress:
    """Say what is being done: ``progress("ingest: logs.jsonl")``; the word before the colon is the step.

    On a terminal the last word stands in one moving line. Elsewhere it becomes a log line now and then:
    ``TIME RUN LEVEL TEXT``, such as ``2026-03-01T02:00:07Z 20260301T020000Z-4711 info account: counting (5 s)``. A
    command that ends within two seconds says nothing, unless it keeps a log: then each step has its line.
    `quiet` leaves warnings and errors alone.
    """

    def __init__(self, *, quiet: bool = False, log: bool = False) -> None:
        began = datetime.now(tz=UTC)
        self.run_id = f"{began:%Y%m%dT%H%M%SZ}-{os.getpid()}"
        self._quiet = quiet
        self._log = log
        self._began = self._spoke = self._turned = time.monotonic()
        self._step = ""
        self._seconds: dict[str, float] = {}
        self._status: Status | None = None
        self._console = Console(stderr=True, highlight=False)

    def __call__(self, *words: object) -> None:
        now = time.monotonic()
        text = plain(" ".join(str(word) for word in words))
        turned = self._turn(text.partition(":")[0], now)
        if self._quiet:
            return
        if not self._console.is_terminal:
            if (turned and self._log) or self._is_due(now):
                self._spoke = now
                self._line("info", f"{text} ({now - self._began:.0f} s)")
        elif now - self._began >= _QUIET_SECONDS:
            shown = Text(f"{text}  ({now - self._began:.0f} s)")
            if self._status is None:
                self._status = self._console.status(shown)
                self._status.start()
            else:
                self._status.update(shown)

    def tell(self, text: str) -> None:
        """Say a result, also after the shortest of runs; quiet ones leave it out."""
        if not self._quiet:
            self._say("info", text)

    def warn(self, text: str) -> None:
        """Say what wants a look though the work went on; quiet runs say it too."""
        self._say("warning", text)

    def fail(self, error: BadgeledgerError) -> None:
        """Give the log its last line; the paragraph of the error follows from the command line itself."""
        if not self._console.is_terminal and self._log:
            self._line("error", f"ended with code {error.exit_code} ({time.monotonic() - self._began:.0f} s)")

    @property
    def seconds(self) -> dict[str, float]:
        """How long each step took until now."""
        self._turn(self._step, time.monotonic())
        return dict(self._seconds)

    def close(self) -> None:
        """Take the moving line off the terminal."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _turn(self, step: str, now: float) -> bool:
        """Add the time since the last word to the step that it went into; True when another step begins."""
        if self._step:
            self._seconds[self._step] = self._seconds.get(self._step, 0.0) + now - self._turned
        turned, self._step, self._turned = step != self._step, step, now
        return turned

    def _is_due(self, now: float) -> bool:
        if now - self._began < _QUIET_SECONDS:
            return False
        return now - self._spoke >= _LINE_SECONDS or self._spoke == self._began

    def _say(self, level: str, text: str) -> None:
        if self._console.is_terminal:
            self.close()
            prefix = "" if level == "info" else f"{level}: "
            print(f"{prefix}{plain(text)}", file=sys.stderr, flush=True)
        else:
            self._line(level, plain(text))

    def _line(self, level: str, text: str) -> None:
        stamp = f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
        print(f"{stamp} {self.run_id} {level} {text}", file=sys.stderr, flush=True)


@contextmanager
def progress(*, quiet: bool = False, log: bool = False) -> Iterator[Progress]:
    """A progress that is off the terminal again when the work is over, also when it failed."""
    shown = Progress(quiet=quiet, log=log)
    try:
        yield shown
    except BadgeledgerError as error:
        shown.fail(error)
        raise
    finally:
        shown.close()
