"""A folder appears whole or not at all, also when the power fails in the middle.

It is written under a hidden name beside its place, every file reaches the disk, then it is renamed. What stands there
already is never touched: with the same content it is kept, with other content the new one gets `.2`, `.3` and so on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..faults import Point, reached
from ..warehouse_files import sync


def prepare(target: Path, owner: Path) -> None:
    """Make the folder in which `target` is going to stand, and remove what a killed writer left there.

    `owner` is the warehouse whose lock the caller holds; its name is part of every staging folder's, so that only own
    remains are removed. Raises OSError when the place cannot be written to.
    """
    make_folder(target.absolute().parent)
    prefix = _stage_prefix(owner)
    for entry in sorted(target.absolute().parent.iterdir()):
        if entry.name.startswith(prefix):
            shutil.rmtree(entry)
    with staged(target, owner):
        pass


@contextmanager
def staged(target: Path, owner: Path) -> Iterator[Path]:
    """A new hidden folder beside `target`, gone afterwards unless it was put in its place."""
    stage = target.absolute().with_name(_stage_prefix(owner) + target.name)
    stage.mkdir()
    try:
        reached(Point.STAGE_MADE)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def put(stage: Path, target: Path, same: Callable[[Path], bool]) -> tuple[Path, bool]:
    """Give a staged folder its place; returns the place, and whether `same` content stood there before.

    The files in it have been synced by their writer.
    """
    sync(stage)
    reached(Point.STAGE_SYNCED)
    number = 1
    while True:
        place = target if number == 1 else target.with_name(f"{target.name}.{number}")
        kept = same(place)
        if not kept:
            try:
                # Renaming onto an empty folder replaces it; onto anything else it fails.
                stage.rename(place)
            except OSError:
                if not os.path.lexists(place):
                    raise
                number += 1
                continue
            reached(Point.RENAMED)
        # Also when it stood before: who renamed it may have been killed before the name was on disk.
        sync(place.parent)
        reached(Point.PARENT_SYNCED)
        return place, kept


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each entry on disk before the next."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def _stage_prefix(owner: Path) -> str:
    return f".badgeledger-{hashlib.sha256(os.fsencode(owner.absolute())).hexdigest()[:12]}-"
