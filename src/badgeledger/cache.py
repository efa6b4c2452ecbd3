"""Compiled code kept between starts, in one file that is proved before any of it is loaded.

A damaged file of the compiler's own cache ends the process by a signal, and the next one too: nobody looks at what is
loaded (FAULTS 3.7). So each process compiles in a private folder, filled from a sealed store when it starts, and what
is new goes back into the store when it ends. A store that does not keep its seal is as good as none.
"""

from __future__ import annotations

import atexit
import hashlib
import io
import os
import shutil
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

_VARIABLE = "NUMBA_CACHE_DIR"
_PATTERN = "*/*.nb[ic]"
_SEAL_BYTES = hashlib.sha256().digest_size
_MAX_STORE_BYTES = 64 * 1024 * 1024


def prepare(version: str) -> None:
    """Give the compiler a folder of this process; it reads the variable once, when it is first imported."""
    if _VARIABLE in os.environ:
        return
    # A name that nobody else can know beforehand: what lies in this folder is executed.
    folder = Path(tempfile.mkdtemp(prefix="badgeledger-"))
    os.environ[_VARIABLE] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = store_file(version)
    unpack(store, folder)
    atexit.register(pack, folder, store, _state(folder))


def store_file(version: str) -> Path:
    """The store of this user, version and installation. It is not made here: most commands compile nothing."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    place = hashlib.sha256(os.fsencode(Path(__file__).parent)).hexdigest()[:12]
    return Path(home) / "badgeledger" / f"compiled-{version}-{place}"


def unpack(store: Path, folder: Path) -> None:
    """Fill a folder from a store that is whole; from any other nothing is taken."""
    try:
        sealed = store.read_bytes()
    except OSError:
        return
    content = sealed[_SEAL_BYTES:]
    if sealed[:_SEAL_BYTES] != hashlib.sha256(content).digest() or len(sealed) > _MAX_STORE_BYTES:
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def pack(folder: Path, store: Path, before: dict[str, tuple[int, int]]) -> None:
    """Put a folder into the store if it has changed; where the store cannot be written, the next start compiles."""
    if _state(folder) == before:
        return
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.glob(_PATTERN)):
            archive.write(path, path.relative_to(folder))
    young = store.with_name(f"{store.name}.{os.getpid()}")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        young.write_bytes(hashlib.sha256(content.getvalue()).digest() + content.getvalue())
        os.replace(young, store)
    except OSError:
        with suppress(OSError):
            young.unlink()


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file of the compiler."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.glob(_PATTERN)}
