"""Where compiled code is kept between starts."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def cache_folder(version: str) -> Path:
    """A folder of this user, Python and version; a temporary one, gone at exit, where the user's cannot be written to.

    The folder is not made here: most commands compile nothing.
    """
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(home) / "badgeledger" / f"compiled-{version}"
    if _can_be_made(folder):
        return folder
    # A name that nobody else can know beforehand: what lies in this folder is executed.
    temporary = Path(tempfile.mkdtemp(prefix="badgeledger-"))
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return temporary


def _can_be_made(folder: Path) -> bool:
    present = next((parent for parent in (folder, *folder.parents) if parent.exists()), None)
    return present is not None and present.is_dir() and os.access(present, os.W_OK | os.X_OK)
