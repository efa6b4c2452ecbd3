"""Input files are given out in order, each with the hash of its bytes, whoever hashed them."""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from badgeledger import inputs
from badgeledger.errors import InputError
from badgeledger.inputs import Source, open_sources

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
