"""Input files: which they are, what they are called, and their bytes in checked blocks of whole lines (RULEBOOK 3)."""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import os
import re
import stat
import time
import zlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import IO

from backports import zstd

from .errors import InputError
from .faults import Point, reached

BLOCK_BYTES = 16 * 1024 * 1024
MIN_BOMB_BYTES = 256 * 1024**2
MAX_EXPANSION = 250
_HASHED_AT_ONCE = 2
# Some file systems tell time by two seconds.
_CLOCK_STEP_NS = 4_000_000_000
_WORTH_A_THREAD = 1024 * 1024
_SUSPECT_EXPANSION = 64  # logs come to ten or twenty times their packed size
_GZIP = b"\x1f\x8b"
# Some programs begin with a frame that is to be skipped.
_ZSTD = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Input:
    """One entry of `[[inputs]]`: a file, folder or glob; `zone` is that of times written without offset."""

    path: str
    zone: str | None = None


@dataclass(frozen=True)
class Source:
    """One file to read: where it is, its path relative to its input root, and its feed's zone.

    Of a file that was read when it was shorter, `size` is how many bytes it had, and `lines` how many were read.
    """

    location: Path
    path: str
    zone: str | None
    size: int | None = None
    lines: int | None = None


@dataclass(frozen=True)
class Sight:
    """What a file system tells of a file in a place: while none of it is another, nor are the file's bytes.

    Whoever writes, replaces or renames a file moves the instant `changed_ns`, which no program can set back.
    """

    location: str
    device: int
    inode: int
    bytes: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, location: Path, status: os.stat_result) -> Sight:
        place = os.fsencode(os.path.abspath(location)).decode("utf-8", "backslashreplace")
        return cls(place, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def is_settled(self, now_ns: int) -> bool:
        """Whether a later change is certain to show: not within the step of the file system's clock."""
        return max(self.modified_ns, self.changed_ns) + _CLOCK_STEP_NS < now_ns


def find_sources(inputs: Sequence[Input], base: Path) -> list[Source]:
    """Every regular file that the inputs name, once, in order of relative path.

    In a folder, hidden files and `*.md` are passed over. Raises :class:`InputError` for a path that is not there;
    a glob may match nothing.
    """
    found: dict[Path, Source] = {}
    for entry in inputs:
        try:
            for location, root in _matches(entry, base):
                # A name may be any bytes; what is no text of it is written as in the quarantine.
                path = os.fsencode(location.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
                found.setdefault(location.resolve(), Source(location, path, entry.zone))
        except OSError as error:
            raise _refused(Path(error.filename or entry.path), error) from None
    return sorted(found.values(), key=lambda source: (source.path, str(source.location)))


def _matches(entry: Input, base: Path) -> Iterator[tuple[Path, Path]]:
    path = base / entry.path
    if path.is_dir():
        for folder, folders, names in os.walk(path, onerror=_raise):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                location = Path(folder) / name
                if not name.startswith(".") and not name.endswith(".md") and location.is_file():
                    yield location, path
    elif path.exists():
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(path, "a regular file or folder", "a special file")
        yield path, path.parent
    elif _PATTERN.search(entry.path):
        root = _glob_root(path)
        for name in sorted(glob.glob(str(path), recursive=True)):
            if Path(name).is_file():
                yield Path(name), root
    else:
        raise _unreadable(path, "a file, a folder or a glob", "nothing there")


def _glob_root(path: Path) -> Path:
    parts = path.parts
    plain = next(place for place, part in enumerate(parts) if _PATTERN.search(part))
    return Path(*parts[:plain])


def _raise(error: OSError) -> None:
    # A folder that cannot be looked into is no empty one.
    raise error


def _refused(path: Path, error: OSError) -> InputError:
    return _unreadable(path, "a file that can be read", error.strerror or str(error))


def _unreadable(path: Path, expected: str, found: str) -> InputError:
    return InputError(
        where=str(path),
        expected=expected,
        found=found,
        next_step="Correct the path, or repair the file and run again; nothing of this run was kept.",
    )


def _bomb(path: Path, limit: int) -> InputError:
    return InputError(
        where=str(path),
        expected=f"at most {limit:,} bytes when decompressed",
        found="more",
        next_step="If it is a log all the same, decompress it and deliver it plain; nothing of this run was kept.",
    )


@dataclass
class OpenSource:
    """A source that is open at a fixed size. `grew` is known after the last block: its last line may be half.
    `is_whole`: it may be read as if it had not grown. By `sight` it is known when it is met again, by none where a
    change could pass unseen.
    """

    sha256: str
    size: int
    sight: Sight | None
    _file: IO[bytes]
    _location: Path
    _before: os.stat_result
    is_whole: bool = False

    def blocks(self, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
        """The decompressed bytes. Raises :class:`InputError` when they are damaged, or change while they are read."""
        packed = _Limited(self._file, self.size)
        stream = _decompressed(packed, self.head(4))
        limit = max(MIN_BOMB_BYTES, MAX_EXPANSION * self.size)
        read = 0
        is_suspect = False
        try:
            while block := stream.read(block_bytes):
                read += len(block)
                if not is_suspect and read > _SUSPECT_EXPANSION * packed.place:
                    # Many lines take long to be refused: whether it is a bomb is found before one is read.
                    is_suspect = True
                    self._measure(limit, block_bytes)
                reached(Point.BLOCK_READ)
                yield block
        except (EOFError, zlib.error, zstd.ZstdError, gzip.BadGzipFile) as error:
            raise _unreadable(self._location, "a whole compressed file", str(error)) from None
        except OSError as error:
            raise _refused(self._location, error) from None
        after = os.fstat(self._file.fileno())
        touched = (after.st_size, after.st_mtime_ns) != (self.size, self._before.st_mtime_ns)
        # A log that was only appended to still begins with the bytes that were hashed.
        if touched and (after.st_size < self.size or _sha256(self._file, self.size) != self.sha256):
            raise _unreadable(self._location, "a file that stays as it is while it is read", "other contents")

    def _measure(self, limit: int, block_bytes: int) -> None:
        """Raise InputError when more than `limit` bytes come of the file."""
        stream = _decompressed(_Limited(self._file, self.size), self.head(4))
        read = 0
        while block := stream.read(block_bytes):
            read += len(block)
            if read > limit:
                raise _bomb(self._location, limit)

    def head(self, size: int) -> bytes:
        """The first bytes, as they are stored."""
        return _Limited(self._file, self.size).read(size)

    def whole(self, limit: int) -> bytes | None:
        """All decompressed bytes, None when there are more than `limit`."""
        blocks, read = [], 0
        for block in self.blocks():
            blocks.append(block)
            read += len(block)
            if read > limit:
                return None
        return b"".join(blocks)

    @property
    def grew(self) -> bool:
        """True when bytes were appended after the file was opened; they are left to the next run."""
        return not self.is_whole and os.fstat(self._file.fileno()).st_size > self.size


@dataclass
class _Coming:
    """A source that is open; a large one is being hashed by another thread."""

    source: Source
    file: IO[bytes]
    before: os.stat_result
    size: int
    sight: Sight | None
    known: str | None
    hashing: Future[str] | None

    def hashed(self) -> OpenSource:
        """The source with its SHA-256. Raises :class:`InputError` when it cannot be read."""
        sha256 = self.known
        try:
            if sha256 is None:
                sha256 = _sha256(self.file, self.size) if self.hashing is None else self.hashing.result()
        except OSError as error:
            raise _refused(self.source.location, error) from None
        reached(Point.SOURCE_HASHED)
        return OpenSource(sha256, self.size, self.sight, self.file, self.source.location, self.before)


def open_sources(
    sources: Iterable[Source], known: Mapping[Sight, str] = MappingProxyType({})
) -> Generator[tuple[Source, OpenSource], None, None]:
    """Each source in turn, at the size that it has when it is opened, or had, with the SHA-256 of exactly these bytes;
    of those that are seen as they were `known` it is not made again.

    While one is read the next ones are open already, and large ones hashed: most files of a night are known, and
    nothing else is done with them. Who may leave early closes it. Raises :class:`InputError`.
    """
    left = iter(sources)
    coming: deque[_Coming] = deque()
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as pool:
        try:
            while True:
                for source in islice(left, _HASHED_AT_ONCE + 1 - len(coming)):
                    coming.append(_opened(source, known, pool))
                if not coming:
                    break
                yield coming[0].source, coming[0].hashed()
                coming.popleft().file.close()
        finally:
            for one in coming:
                # Who hashes a file that is closed ends at once.
                one.file.close()
            wait([one.hashing for one in coming if one.hashing is not None])


def _opened(source: Source, known: Mapping[Sight, str], pool: ThreadPoolExecutor) -> _Coming:
    now_ns = time.time_ns()
    try:
        # A pipe that took the file's place since it was listed would keep a reader waiting for ever.
        file = open(source.location, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK))
    except OSError as error:
        raise _refused(source.location, error) from None
    try:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise _unreadable(source.location, "a regular file or folder", "a special file")
        reached(Point.SOURCE_OPENED)
    except OSError as error:
        file.close()
        raise _refused(source.location, error) from None
    except InputError:
        file.close()
        raise
    size = before.st_size if source.size is None else source.size
    # The beginning of a file is not what the file system tells of.
    seen = Sight.of(source.location, before) if source.size is None else None
    sight = seen if seen is not None and seen.is_settled(now_ns) else None
    sha256 = None if sight is None else known.get(sight)
    hashing = pool.submit(_sha256, file, size) if sha256 is None and size >= _WORTH_A_THREAD else None
    return _Coming(source, file, before, size, sight, sha256, hashing)


def _sha256(file: IO[bytes], size: int) -> str:
    digest = hashlib.sha256()
    limited = _Limited(file, size)
    while block := limited.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


class _Limited(io.RawIOBase):
    """The first `size` bytes of an open file, at a place of its own."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._descriptor = file.fileno()
        self._size = size
        self.place = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def read(self, size: int = -1) -> bytes:
        left = self._size - self.place
        data = os.pread(self._descriptor, left if size < 0 else min(size, left), self.place)
        self.place += len(data)
        return data


def _decompressed(stream: _Limited, magic: bytes) -> IO[bytes]:
    if magic.startswith(_GZIP):
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    if _ZSTD.match(magic):
        return zstd.ZstdFile(stream)  # type: ignore[return-value]
    return stream  # type: ignore[return-value]
