"""Compiled code is kept where the user may write, and nowhere that another user could fill."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

import badgeledger
from badgeledger.cache import cache_folder


def test_the_cache_is_the_users_own_and_of_this_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("9.9") == tmp_path / "badgeledger" / "compiled-9.9"
    assert list(tmp_path.iterdir()) == []


def test_without_a_place_to_write_the_cache_is_private_and_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    first, second = cache_folder("9.9"), cache_folder("9.9")
    assert first != second
    assert stat.S_IMODE(first.stat().st_mode) == 0o700
    for folder in (first, second):
        folder.rmdir()


def test_the_compiler_is_told_before_it_is_imported() -> None:
    assert badgeledger.__version__
    assert os.environ["NUMBA_CACHE_DIR"]
