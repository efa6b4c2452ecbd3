"""Blocks of lines, sifted ahead: while DuckDB reads the tame lines of one block, another thread takes the next from its
file, tells which of its lines are tame, and writes these where DuckDB finds them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from . import sieve
from .flat_files import LongLine

_MAX_BLOCK_LINES = 200_000

Item = TypeVar("Item")


@dataclass(frozen=True)
class Sifted:
    """Whole lines, the start and end of each, and which of them are tame; these are in the files of `spools`."""

    text: bytes
    places: Any
    tame: Any
    spools: tuple[Path, ...]


def ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The items, each made by another thread while the one before it is used. Who may leave early closes it."""
    none_left = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, none_left)
        while (item := coming.result()) is not none_left:
            coming = pool.submit(next, items, none_left)
            yield item  # type: ignore[misc]


def sifted(blocks: Iterable[bytes | LongLine], folder: Path) -> Iterator[Sifted | LongLine]:
    """The blocks, sifted; those of very many lines in parts. Two may be in use at a time: the files in `folder` of one
    become those of the next but one.
    """
    turn = 0
    for block in blocks:
        if isinstance(block, LongLine):
            yield block
            continue
        for part in _parts(block):
            turn = 1 - turn
            yield _sifted(part, folder, turn)


def _parts(block: bytes) -> Iterator[bytes]:
    cut = _middle(block)
    if cut and _line_feeds(np.frombuffer(block, dtype=np.uint8)) > _MAX_BLOCK_LINES:
        # Every line has its place in memory: a block of line feeds would have a hundred times its size there.
        yield from _parts(block[:cut])
        yield from _parts(block[cut:])
    else:
        yield block


def _line_feeds(text: Any) -> int:
    return int(np.count_nonzero(text == 10))


def _middle(block: bytes) -> int:
    """The place behind the last line feed of the first half."""
    return block.rfind(b"\n", 0, len(block) // 2) + 1


def _sifted(block: bytes, folder: Path, turn: int) -> Sifted:
    text, cut = np.frombuffer(block, dtype=np.uint8), _middle(block)
    # DuckDB reads one file of this size by one thread, so each half has a file of its own.
    spools = (folder / f"tame-{turn}-0.jsonl", folder / f"tame-{turn}-1.jsonl")
    before = _spooled(text[:cut], 0, spools[0])
    after = _spooled(text[cut:], len(before), spools[1])
    after[:, :2] += cut
    places = np.concatenate((before, after))
    return Sifted(block, places[:, :2], places[:, 2] == 1, spools)


def _spooled(text: Any, first: int, spool: Path) -> Any:
    """Write the tame lines of a text for DuckDB; returns the place of every line: start, end, tame."""
    lines = _line_feeds(text) + 1
    target = np.empty(len(text) + 40 * lines, dtype=np.uint8)
    places = np.empty((lines, 3), dtype=np.int64)
    written, found = sieve.sift(text, first, target, places)
    with open(spool, "wb") as file:
        file.write(target[:written].data)
    return places[:found]
