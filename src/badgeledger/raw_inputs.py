"""Raw inputs, found again below given roots and proved by their hashes, for `verify` and `explain`.

It shares nothing with the reading of the nightly job.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from backports import zstd

from .evidence import Difference, ReadFile, file_sha256
from .witness import Input
from .witness.flat import delimiter_of, first_rows, is_parquet
from .witness.lines import read_pieces

_WHITE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
# A frame of zstd, or one that is to be skipped.
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
_FLAT = re.compile(r"\.[ct]sv(\.gz|\.zst)?$")
_BLOCK_BYTES = 256 * 1024
_MOST_WHOLE_BYTES = 4 * 1024 * 1024
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

    def read(self, entry: ReadFile) -> Input | Difference:
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

    def some_lines(self, entry: ReadFile, wanted: Collection[int]) -> Input | None:
        """As :meth:`read`, of some lines alone, one behind the other, None when they are not there; nothing is hashed.

        A line that says nothing by itself is part of a document: then the whole input is returned, unless it is large.
        """
        path = self.place(entry)
        if path is None:
            return None
        is_flat = _FLAT.search(entry.path) is not None
        places = {1, *wanted} if is_flat else set(wanted)
        try:
            with _opened(path, entry.bytes) as stream:
                lines = list(_picked(stream, places, entry.bytes))
            alone = (line.count(b'"') % 2 == 0 if is_flat else _is_object(line) for line in lines)
            if len(lines) < len(places) or not all(alone):
                large, grown = entry.bytes > _MOST_WHOLE_BYTES, path.stat().st_size > entry.bytes
                return None if large else _input(entry, _head(path, entry.bytes), grown=grown)
        except (OSError, EOFError, zlib.error, zstd.ZstdError):
            return None
        return Input(entry.path, b"".join(line + b"\n" for line in lines), entry.sha256, entry.zone)

    def place(self, entry: ReadFile) -> Path | None:
        """Where a file of the input's path and size stands; it may have grown. That it is the same is not proved."""
        found = [root / entry.path for root in self.roots]
        sizes = [(path, path.stat().st_size) for path in found if path.is_file()]
        large = [(path, size) for path, size in sizes if size >= entry.bytes]
        return min(large, key=lambda place: place[1] != entry.bytes, default=(None, 0))[0]

    def is_changed(self, entry: ReadFile) -> bool:
        """Whether what stands at the place of an input is not what was read then, by its hash."""
        path = self.place(entry)
        return path is None or file_sha256(path, entry.bytes) != entry.sha256

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


def _is(entry: ReadFile, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == entry.sha256


def _opened(path: Path, size: int) -> IO[bytes]:
    """The decompressed bytes of the first `size` bytes of a file."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(_GZIP) or _ZSTD.match(magic):
        packed = io.BytesIO(_head(path, size))
        return gzip.GzipFile(fileobj=packed) if magic.startswith(_GZIP) else zstd.ZstdFile(packed)  # type: ignore[return-value]
    return path.open("rb")


def _picked(stream: IO[bytes], places: set[int], size: int) -> Iterator[bytes]:
    """The lines of these numbers, without their line feed; of an open file up to `size`.

    Few lines are wanted of very many: in a block that holds none of them line feeds are only counted.
    """
    left = size if isinstance(stream, io.BufferedReader) else None
    wanted = deque(sorted(places))
    ended = 0
    begun: list[bytes] = []
    while wanted and (block := stream.read(_BLOCK_BYTES if left is None else min(_BLOCK_BYTES, left))):
        left = None if left is None else left - len(block)
        feeds = block.count(b"\n")
        if wanted[0] <= ended + feeds:
            ends = [found.start() for found in re.finditer(b"\n", block)]
            while wanted and wanted[0] <= ended + feeds:
                place = wanted[0] - ended - 1
                line = block[ends[place - 1] + 1 : ends[place]] if place else b"".join((*begun, block[: ends[0]]))
                yield line.removeprefix(_BOM) if wanted.popleft() == 1 else line
        begun = [block[block.rfind(b"\n") + 1 :]] if feeds else [*begun, block]
        ended += feeds
    rest = b"".join(begun)
    if wanted and wanted[0] == ended + 1 and rest:
        yield rest.removeprefix(_BOM) if ended == 0 else rest


def _is_object(line: bytes) -> bool:
    text = line.strip(_WHITE)
    return text.startswith(b"{") and text.endswith(b"}")


def _input(entry: ReadFile, data: bytes, *, grown: bool) -> Input:
    if data.startswith(_GZIP):
        data = gzip.GzipFile(fileobj=io.BytesIO(data)).read()
    elif _ZSTD.match(data):
        data = zstd.ZstdFile(io.BytesIO(data)).read()
    return Input(entry.path, _as_read(entry, data) if grown else data, entry.sha256, entry.zone)


def _as_read(entry: ReadFile, data: bytes) -> bytes:
    """What was read of a file that has grown: if that was while it was read, its half last line, or row, was left to
    the next night.
    """
    delimiter = delimiter_of(entry.path)
    if delimiter is not None:
        return first_rows(data, delimiter, entry.lines)
    if data.endswith(b"\n") or is_parquet(data) or data.count(b"\n") != entry.lines:
        return data
    # The lines of a document are its records.
    return data[: data.rfind(b"\n") + 1] if len(read_pieces(data)) > entry.lines else data
