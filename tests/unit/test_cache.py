"""Compiled code is kept where the user may write, and loaded only when it is what was put there."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SLOW

from badgeledger import cache

FILES = {"a/kernel.count.nbi": b"index", "a/kernel.count.1.nbc": b"code" * 1000, "b/sieve.sift.nbi": b""}
COUNTING = """
import os
from badgeledger import civil
civil.civil(0)
mode = os.stat(os.environ["NUMBA_CACHE_DIR"]).st_mode
print(oct(mode), sum(civil.civil.stats.cache_hits.values()))
"""


def filled(folder: Path) -> Path:
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    path = cache.store_file("9.9")
    assert path.parent == tmp_path / "home" / "badgeledger"
    assert not path.parent.exists()
    return path


def test_what_was_compiled_is_there_at_the_next_start(store: Path, tmp_path: Path) -> None:
    cache.pack(filled(tmp_path / "first"), store, {})
    cache.unpack(store, tmp_path / "second")
    assert content(tmp_path / "second") == FILES


def test_from_a_damaged_store_nothing_is_taken(store: Path, tmp_path: Path) -> None:
    cache.pack(filled(tmp_path / "first"), store, {})
    whole = store.read_bytes()
    draw = random.Random(20240204)
    damaged = [b"", whole[:31], whole[:-1], whole + b"x"]
    for _ in range(1000 if SLOW else 200):
        place = draw.randrange(len(whole))
        damaged.append(whole[:place] + bytes([whole[place] ^ 1 << draw.randrange(8)]) + whole[place + 1 :])
    for number, data in enumerate(damaged):
        store.write_bytes(data)
        cache.unpack(store, tmp_path / f"damaged-{number}")
        assert not (tmp_path / f"damaged-{number}").exists(), number


def test_a_store_is_written_only_when_something_was_compiled(store: Path, tmp_path: Path) -> None:
    folder = filled(tmp_path / "first")
    cache.pack(folder, store, cache._state(folder))
    assert not store.exists()


def test_without_a_place_to_write_everything_is_compiled_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    store = cache.store_file("9.9")
    cache.unpack(store, tmp_path / "second")
    cache.pack(filled(tmp_path / "first"), store, {})
    assert not (tmp_path / "second").exists()


def test_a_process_compiles_in_a_private_folder_that_is_gone_when_it_ends(tmp_path: Path) -> None:
    """The second start finds what the first compiled; a bit of damage, and the third compiles again and ends well."""
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)

    def start() -> list[str]:
        done = subprocess.run([sys.executable, "-c", COUNTING], env=environment, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    private = oct(stat.S_IFDIR | 0o700)
    assert start() == [private, "0"]
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    (store,) = (tmp_path / "home" / "badgeledger").iterdir()
    assert start() == [private, "1"]
    data = bytearray(store.read_bytes())
    data[len(data) // 2] ^= 4
    store.write_bytes(data)
    assert start() == [private, "0"]
    assert start() == [private, "1"]
