"""The raw inputs of a report, found again below given roots and proved by their hashes, for `verify`.

It shares nothing with the reading of the nightly job.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from backports import zstd

from .evidence import Difference, KnownInput, file_sha256
from .witness import Input

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_PATTERN = re.compile(r"[*?\[]")


def root_of(given: Path) -> Path:
    """The root that paths of inputs are relative to: a folder itself, of a file its parent, of a glob the part before
    the first pattern.
    """
    if given.is_dir():
        return given
    patterns = [place for place, part in enumerate(given.parts) if _PATTERN.search(part)]
    return given.parent if given.exists() or not patterns else Path(*given.parts[: patterns[0]])


class RawInputs:
    """Raw files below some roots. A file is known by its hash: it may have been moved or renamed since."""

    def __init__(self, given: Iterable[Path]) -> None:
        self.roots = list(dict.fromkeys(root_of(path.absolute()) for path in given))
        self._by_hash: dict[str, Path] | None = None

    def read(self, entry: KnownInput) -> Input | Difference:
        """The input as it was read then, decompressed; or how what stands there differs."""
        seen = ""
        for path in (root / entry.path for root in self.roots):
            if not path.is_file():
                continue
            data = _head(path, entry.bytes)
            if _is(entry, data):
                return _input(entry, data, grown=path.stat().st_size > entry.bytes)
            seen = seen or f"{len(data):,} bytes with SHA-256 {hashlib.sha256(data).hexdigest()}"
        moved = self._hashes().get(entry.sha256)
        if moved is not None and _is(entry, data := _head(moved, entry.bytes)):
            return _input(entry, data, grown=False)
        places = ", ".join(map(str, self.roots))
        expected = f"{entry.bytes:,} bytes with SHA-256 {entry.sha256}"
        return Difference(f"input {entry.path}", expected, seen or f"no such file below {places}")

    def _hashes(self) -> dict[str, Path]:
        if self._by_hash is None:
            self._by_hash = {file_sha256(path): path for path in _files(self.roots)}
        return self._by_hash


def _files(roots: Sequence[Path]) -> Iterator[Path]:
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                yield path


def _head(path: Path, size: int) -> bytes:
    # A log may have grown since it was read: what was read is its beginning.
    with path.open("rb") as file:
        return file.read(size)


def _is(entry: KnownInput, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == entry.sha256


def _input(entry: KnownInput, data: bytes, *, grown: bool) -> Input:
    if data.startswith(_GZIP):
        data = gzip.GzipFile(fileobj=io.BytesIO(data)).read()
    elif data.startswith(_ZSTD):
        data = zstd.ZstdFile(io.BytesIO(data)).read()
    if grown and data.count(b"\n") == entry.lines:
        # It grew while it was read, and its half last line was left to the next night.
        data = data[: data.rfind(b"\n") + 1]
    return Input(entry.path, data, entry.sha256, entry.zone)
