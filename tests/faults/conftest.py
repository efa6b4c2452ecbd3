"""Where the ledgers of these proofs stand."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 * 1024**3


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is room, else on disk: nobody waits for a disk that will not lose its power."""
    if not (_MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="badgeledger-", dir=_MEMORY) as folder:
        yield Path(folder)
