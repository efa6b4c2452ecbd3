"""The benchmarks decide the same on a handful of rows, so that they run when somebody wants to measure."""

import importlib
from pathlib import Path

import pytest

BENCH = Path(__file__).parent.parent / "bench"


def test_all_that_bench_replay_measures_decide_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    counting, deciding = importlib.import_module("counting"), importlib.import_module("deciding")
    source, rows = str(tmp_path / "rows.npz"), 4_000
    counting.make_rows(source, rows)
    _, found = deciding.kernel(source, rows, threads=1)
    for _, peer, _ in deciding.PEERS:
        assert found == getattr(deciding, peer)(source, rows)[1], peer
    assert 0 < found[0] < rows
