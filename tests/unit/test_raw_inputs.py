"""Some lines of a raw input are those of the whole, wherever its blocks end."""

from __future__ import annotations

import gzip
import hashlib

import pytest
from backports import zstd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from badgeledger import raw_inputs
from badgeledger.evidence import KnownInput
from badgeledger.raw_inputs import RawInputs

PACKED = {"plain": bytes, "gz": gzip.compress, "zst": zstd.compress}


@pytest.mark.parametrize("kind", list(PACKED))
def test_some_lines_are_those_of_the_whole(
    kind: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path_factory.mktemp("root")

    @settings(max_examples=200)
    @given(st.lists(st.integers(0, 9), max_size=12), st.booleans(), st.sets(st.integers(1, 14)), st.integers(1, 40))
    # Longer lines than blocks, an end with a line feed, one without.
    @example([9, 0, 9], True, {1, 2, 3}, 3)
    @example([9, 0, 9], False, {3}, 3)
    def law(widths: list[int], ends: bool, wanted: set[int], block: int) -> None:
        monkeypatch.setattr(raw_inputs, "_BLOCK_BYTES", block)
        lines = [b'{"a":"%s"}' % (b"x" * width) for width in widths]
        data = b"\n".join(lines) + (b"\n" if ends and lines else b"")
        stored = PACKED[kind](data)
        # A plain log may have grown since.
        (root / "log.jsonl").write_bytes(stored + (b'{"more":1}\n{}\n' if kind == "plain" else b""))
        entry = KnownInput(
            path="log.jsonl", sha256=hashlib.sha256(stored).hexdigest(), bytes=len(stored), zone=None,
            lines=len(lines), accepted=0, duplicate=0, quarantined=0,
        )  # fmt: skip
        found = RawInputs([root]).some_lines(entry, wanted)
        assert found is not None
        if wanted <= set(range(1, len(lines) + 1)):
            assert found.data == b"".join(lines[number - 1] + b"\n" for number in sorted(wanted))
        else:
            # A line that is not there may be in a document: then it is the whole.
            assert found.data == data

    law()
