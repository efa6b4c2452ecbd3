"""A warehouse that cannot be opened is made anew by one command, and past nights keep what they knew."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import harness
import pytest
from conftest import SLOW
from faults.nights import AS_OF, NIGHTS, PIPELINE, Ended, Ledger, assert_sound, undisturbed, zygote
from faults.test_side_by_side import LINES

from badgeledger.faults import Point


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """The ledger after three nights."""
    return undisturbed()[len(NIGHTS)].copied(tmp_path / "ledger")


def rebuild(ledger: Ledger, *options: object, fault: str | None = None) -> Ended:
    return zygote().run("rebuild", ledger.folder / "nightly.toml", *options, fault=fault)


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def a_flipped_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4200] ^= 1
    path.write_bytes(data)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def a_foreign_log(path: Path) -> None:
    with duckdb.connect(str(path.with_name("other"))) as con:
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute("CREATE TABLE t AS SELECT 1")
    path.with_name("other.wal").rename(path.with_name(path.name + ".wal"))


def only_a_log(path: Path) -> None:
    a_foreign_log(path)
    path.unlink()


DAMAGES = (garbage, half, a_flipped_bit, empty, a_foreign_log, only_a_log)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_warehouse_is_named_with_its_recipe_and_rebuilt_in_one_command(
    damage: Callable[[Path], None], ledger: Ledger
) -> None:
    damage(ledger.warehouse)
    wal = ledger.warehouse.with_name("ledger.duckdb.wal")
    before = [path.read_bytes() if path.exists() else None for path in (ledger.warehouse, wal)]
    refused = ledger.run(2)
    assert refused.code == 5
    assert "badgeledger rebuild PIPELINE.toml" in refused.err
    done = rebuild(ledger, "--json")
    assert (done.code, done.err) == (0, "")
    facts = json.loads(done.out)
    assert [run["as_of"] for run in facts["runs"]] == [f"{day}T00:00:00Z" for day in AS_OF]
    assert facts["lost"] == []
    kept = Path(facts["set_aside"])
    after = [path.read_bytes() if path.exists() else None for path in (kept, kept.with_name(f"{kept.name}.wal"))]
    assert after == before
    assert_sound(ledger, 2)
    assert ledger.run(2).code == 0
    assert ledger.reports() == undisturbed()[3].reports()


def test_past_nights_are_anchored_and_reproduced_from_a_rebuilt_warehouse(ledger: Ledger) -> None:
    ledger.warehouse.unlink()
    assert rebuild(ledger).out.splitlines() == [
        f"rebuilt {ledger.warehouse} from 4 files",
        "  lines       12 read = 9 accepted + 1 duplicate + 2 quarantined",
        "  runs        3 runs told by the reports that stand; any other is not known",
        f"next: badgeledger verify {ledger.folder}/reports/2024-02-03 --warehouse {ledger.warehouse}",
    ]
    for number, day in enumerate(AS_OF):
        folder = ledger.folder / "reports" / day
        verified = zygote().run("verify", folder, "--warehouse", ledger.warehouse)
        assert verified.code == 0, verified
        assert f"run {number + 1} of {ledger.warehouse}, {number} earlier in its chain" in verified.out
        assert zygote().run("reproduce", folder, "--warehouse", ledger.warehouse).code == 0
    status = json.loads(zygote().run("status", "--warehouse", ledger.warehouse, "--json").out)
    assert (status["ingests"], status["files"], status["runs"], status["last_run"]["state"]) == (3, 4, 3, "published")


def test_a_log_that_grew_from_night_to_night_is_cut_again_where_each_night_ended(tmp_path: Path) -> None:
    ledger = Ledger.new(tmp_path / "ledger")
    log = ledger.folder / "logs" / "all.jsonl"
    for night, files in enumerate(NIGHTS):
        with log.open("ab") as file:
            file.write(b"".join(harness.files_of({"x": lines})["x"] for lines in files.values()))
        assert ledger.run(night).code == 0
    ledger.warehouse.write_bytes(b"")
    done = rebuild(ledger)
    assert (done.code, done.err) == (0, "")
    for day in AS_OF:
        folder = ledger.folder / "reports" / day
        assert zygote().run("reproduce", folder, "--warehouse", ledger.warehouse).code == 0, day


ROWS = [b"badge_id,customer_id,kind,event_at\n", *(b"B,c%d,EARN,2024-01-05T00:00:00Z\n" % n for n in range(4))]
GROWING = {
    "lines.jsonl": LINES,
    "rows.csv": ROWS,
    "a quoted row.csv": [*ROWS[:3], b'B,"c\n2",EARN,2024-01-05T00:00:00Z\n'],
}


def grow(ledger: Ledger, names: Iterable[str], *, stopped: bool) -> None:
    """A first night of files that end within a line, or row, and grow by the rest, while they are read or later."""
    logs = ledger.folder / "logs"
    for name in names:
        (logs / name).write_bytes(b"".join(GROWING[name][:3]) + GROWING[name][3][:6])
    running = ledger.start(0, fault=f"{Point.SOURCE_HASHED}=stop" if stopped else None)
    if stopped:
        running.until_stopped()
    else:
        assert running.end().code == 0
    for name in names:
        with (logs / name).open("ab") as file:
            file.write(GROWING[name][3][6:] + b"".join(GROWING[name][4:]))
    if stopped:
        assert running.go_on().code == 0


@pytest.mark.parametrize(
    ("names", "stopped", "refused"), [*(([name], True, 0) for name in GROWING), (list(GROWING), False, 3)]
)
def test_a_half_last_line_is_left_out_again_if_it_was_then(
    names: list[str], stopped: bool, refused: int, tmp_path: Path
) -> None:
    """The half line of a file that stayed as it was is a line, and refused; of one that was just growing it is none."""
    ledger = Ledger.new(tmp_path / "ledger")
    grow(ledger, names, stopped=stopped)
    report = ledger.folder / "reports" / AS_OF[0]
    assert len(list(csv.DictReader(io.StringIO((report / "quarantine.csv").read_text())))) == refused
    ledger.warehouse.write_bytes(b"")
    done = rebuild(ledger)
    assert (done.code, done.err) == (0, "")
    assert zygote().run("reproduce", report, "--warehouse", ledger.warehouse).code == 0


def test_what_cannot_be_told_any_more_is_named(ledger: Ledger) -> None:
    ledger.warehouse.write_bytes(b"")
    (ledger.folder / "logs" / "b.jsonl").unlink()
    table = ledger.folder / "reports" / AS_OF[0] / "badges.csv"
    table.write_bytes(table.read_bytes() + b"\n")
    done = rebuild(ledger)
    assert done.code == 0
    first, second = done.err.splitlines()
    assert first == f"badgeledger: lost: the run of {table.parent}: badges.csv is not what its manifest promises"
    assert second.startswith("badgeledger: lost: the input b.jsonl of ")
    assert "2 runs told by" in done.out


@pytest.mark.parametrize("damage", DAMAGES if SLOW else [a_foreign_log])
def test_a_rebuild_that_is_killed_leaves_the_old_file_or_the_new_one(
    damage: Callable[[Path], None], ledger: Ledger
) -> None:
    damage(ledger.warehouse)
    points = ("young-renamed", "batch-written", "committing", "committed", Point.SET_ASIDE, Point.REPLACED)
    for point in points:
        assert rebuild(ledger, fault=f"{point}=kill").code == -signal.SIGKILL, point
        if point != Point.REPLACED:
            assert ledger.run(2).code == 5
    logged = ledger.warehouse.with_name("ledger.duckdb.wal").exists()
    # A new file beside the old log is refused until a second rebuild has put that away too.
    assert ledger.run(2).code == (5 if logged else 0)
    assert rebuild(ledger).code == 0
    assert ledger.run(2).code == 0
    assert ledger.reports() == undisturbed()[3].reports()


def test_a_sound_file_of_another_program_and_one_of_a_later_version_are_left_as_they_are(ledger: Ledger) -> None:
    with duckdb.connect(str(ledger.warehouse)) as con:
        con.execute("UPDATE main.made SET schema_version = 999")
    for reason in ("found schema 999", "expected a warehouse made by badgeledger"):
        before = ledger.warehouse.read_bytes()
        for ended in (rebuild(ledger), ledger.run(2)):
            assert ended.code == 5
            assert reason in ended.err
        assert ledger.warehouse.read_bytes() == before
        assert list(ledger.folder.glob("*.damaged*")) == []
        with duckdb.connect(str(ledger.warehouse)) as con:
            con.execute("DROP TABLE IF EXISTS main.made")


def test_a_rebuild_without_reports_brings_in_everything_as_one_night(ledger: Ledger) -> None:
    (ledger.folder / "nightly.toml").write_text(PIPELINE.replace("reports/", "elsewhere/"))
    ledger.warehouse.unlink()
    done = rebuild(ledger)
    assert done.out.splitlines()[-1] == "next: badgeledger run, with the same pipeline file"
    assert ledger.run(2).code == 0


@pytest.mark.parametrize("command", ["run", "rebuild", "status"])
def test_what_is_no_file_is_no_warehouse(command: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nightly.toml").write_text(PIPELINE)
    pipeline = () if command == "status" else (tmp_path / "nightly.toml",)
    for name, found in (("folder", "a folder"), ("pipe", "a special file")):
        ended = zygote().run(command, *pipeline, "--warehouse", tmp_path / name)
        assert (ended.code, f"{name}: expected a warehouse, which is a file; found {found}." in ended.err) == (2, True)
