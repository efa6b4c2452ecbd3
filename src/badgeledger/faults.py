"""The named places at which a run may be broken off, and the one way to break it off there (FAULTS 2, test plan).

``BADGELEDGER_FAULT="renamed=kill"`` kills the process when it reaches that point; ``"file-read@3=ENOSPC"`` fails as a
full disk would, at the third time. Without the variable nothing happens.
"""

from __future__ import annotations

import errno
import os
import signal
from collections import Counter
from enum import StrEnum

VARIABLE = "BADGELEDGER_FAULT"
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_times: Counter[str] = Counter()


class Point(StrEnum):
    """A boundary between two things that a crash must not tear apart, in the order in which a run reaches them."""

    LOCKED = "locked"
    YOUNG_OPENED = "young-opened"
    YOUNG_FILLED = "young-filled"
    YOUNG_CHECKPOINTED = "young-checkpointed"
    YOUNG_SYNCED = "young-synced"
    YOUNG_RENAMED = "young-renamed"
    OPENED = "opened"
    MIGRATING = "migrating"
    MIGRATED = "migrated"
    BEGUN = "begun"
    BATCH_WRITTEN = "batch-written"
    SOURCE_OPENED = "source-opened"
    SOURCE_HASHED = "source-hashed"
    BLOCK_READ = "block-read"
    FILE_READ = "file-read"
    FILE_RECORDED = "file-recorded"
    RECORDS_SORTED = "records-sorted"
    ROWS_ORDERED = "rows-ordered"
    COUNTED = "counted"
    FLAGGED = "flagged"
    CHECKED = "checked"
    RUN_RECORDED = "run-recorded"
    COMMITTING = "committing"
    COMMITTED = "committed"
    STAGE_MADE = "stage-made"
    REPORT_WRITTEN = "report-written"
    REPORT_SYNCED = "report-synced"
    MANIFEST_WRITTEN = "manifest-written"
    MANIFEST_SYNCED = "manifest-synced"
    STAGE_SYNCED = "stage-synced"
    RENAMED = "renamed"
    PARENT_SYNCED = "parent-synced"
    PUBLISHED = "published"
    PUBLICATION_RECORDED = "publication-recorded"
    CLOSING = "closing"
    CLOSED = "closed"
    SET_ASIDE = "set-aside"
    REPLACED = "replaced"


def reached(point: Point) -> None:
    """Break off here if the environment says so. Raises OSError for the name of an error such as `ENOSPC` or `EIO`."""
    order = os.environ.get(VARIABLE)
    if order is None:
        return
    place, _, action = order.partition("=")
    name, _, time = place.partition("@")
    if name != point:
        return
    _times[name] += 1
    if _times[name] != int(time or 1):
        return
    if action in _SIGNALS:
        os.kill(os.getpid(), _SIGNALS[action])
        return
    number = getattr(errno, action)
    raise OSError(number, os.strerror(number))
