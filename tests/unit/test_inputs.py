"""Input files are given out in order, each with the hash of its bytes, whoever hashed them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import IO

import pytest

from badgeledger import inputs
from badgeledger.errors import InputError
from badgeledger.inputs import Sight, Source, open_sources

TEXTS = [f"line {number}\n".encode() * 1_000 for number in range(7)]


@pytest.fixture(params=["by this thread", "ahead, by others"])
def sources(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    monkeypatch.setattr(inputs, "_WORTH_A_THREAD", 0 if request.param.startswith("ahead") else 2**62)
    places = [tmp_path / f"{number}.jsonl" for number in range(len(TEXTS))]
    for place, text in zip(places, TEXTS, strict=True):
        place.write_bytes(text)
    return [Source(place, place.name, None) for place in places]


def test_each_source_comes_in_turn_with_its_hash_and_its_bytes(sources: list[Source]) -> None:
    found = [(source, opened.sha256, b"".join(opened.blocks())) for source, opened in open_sources(sources)]
    wanted = [(source, hashlib.sha256(text).hexdigest(), text) for source, text in zip(sources, TEXTS, strict=True)]
    assert found == wanted


def test_who_leaves_early_leaves_no_file_open(sources: list[Source]) -> None:
    with closing(open_sources(sources)) as each:
        _, opened = next(each)
    with pytest.raises(ValueError, match="closed"):
        opened.head(1)


def test_a_file_that_is_gone_is_named(sources: list[Source]) -> None:
    sources[4].location.unlink()
    with pytest.raises(InputError) as refused:
        list(open_sources(sources))
    assert "4.jsonl" in refused.value.where


@pytest.fixture
def seen(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> dict[Sight, str]:
    """The sources as they were seen, long enough ago."""
    monkeypatch.setattr(inputs, "_CLOCK_STEP_NS", 0)
    time.sleep(0.05)
    return {opened.sight: opened.sha256 for _, opened in open_sources(sources) if opened.sight is not None}


def hashed(monkeypatch: pytest.MonkeyPatch, sources: list[Source], known: dict[Sight, str]) -> list[str]:
    """The names of the sources that are hashed, which of all get the hash of what they hold."""
    read: set[int] = set()
    real = inputs._sha256

    def noted(file: IO[bytes], size: int) -> str:
        read.add(os.fstat(file.fileno()).st_ino)
        return real(file, size)

    with monkeypatch.context() as patch:
        patch.setattr(inputs, "_sha256", noted)
        for source, opened in open_sources(sources, known):
            assert opened.sha256 == hashlib.sha256(source.location.read_bytes()).hexdigest()
    return sorted(source.path for source in sources if source.location.stat().st_ino in read)


def test_a_file_that_is_seen_as_it_was_is_not_hashed_again(
    sources: list[Source], seen: dict[Sight, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(seen) == len(sources)
    assert hashed(monkeypatch, sources, seen) == []
    assert hashed(monkeypatch, sources, {}) == [source.path for source in sources]


def appended(place: Path) -> None:
    with place.open("ab") as file:
        file.write(b"more\n")


def overwritten_and_dated_back(place: Path) -> None:
    status = place.stat()
    place.write_bytes(place.read_bytes().replace(b"line", b"LINE"))
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced_by_one_of_the_same_time(place: Path) -> None:
    status = place.stat()
    other = place.with_suffix(".other")
    other.write_bytes(place.read_bytes().replace(b"line", b"LINE"))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(place)


@pytest.mark.parametrize("change", [appended, overwritten_and_dated_back, replaced_by_one_of_the_same_time])
def test_whatever_changes_a_file_lets_it_be_hashed(
    change: Callable[[Path], None], sources: list[Source], seen: dict[Sight, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(sources[3].location)
    assert hashed(monkeypatch, sources, seen) == ["3.jsonl"]


def test_a_file_of_just_now_and_the_beginning_of_one_are_known_by_nothing(sources: list[Source]) -> None:
    """Another change may come within the step of the clock; of a part the file system tells nothing."""
    assert [opened.sight for _, opened in open_sources(sources)] == [None] * len(sources)
    part = Source(sources[0].location, "part", None, size=10)
    os.utime(part.location, ns=(0, 0))
    assert [opened.sight for _, opened in open_sources([part])] == [None]
