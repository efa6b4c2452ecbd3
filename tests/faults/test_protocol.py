"""Each part of the protocol is needed: without it, one of the proofs turns red (FAULTS 2)."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars
import pytest
from conftest import SLOW
from faults.nights import AS_OF, Ended, Ledger, assert_sound, delivered, undisturbed
from faults.test_hostile_inputs import BOMB, BROKEN
from faults.test_side_by_side import BEFORE, LINES

from badgeledger.faults import Point

Operation = Sequence[str]


# --- what a power cut leaves --------------------------------------------------------------------------------------


@dataclass
class Disk:
    """What is on disk for sure after some operations, and what may be or not: names, and the bytes behind them.

    The strictest reading of POSIX: bytes are there when their file was synced, a name when its folder was synced
    after it was given; in between anything may have come through, in any order.
    """

    synced: set[str] = field(default_factory=set)
    named: dict[str, bool] = field(default_factory=dict)

    def did(self, operation: Operation) -> None:
        kind, *paths = operation
        if kind == "make":
            self.named[paths[0]] = False
        elif kind == "fsync":
            self.synced.add(paths[0])
            # A folder that nobody made was there before; a file that is synced is new.
            self.named.setdefault(paths[0], os.path.isdir(paths[0]))
            for name in self.named:
                if os.path.dirname(name) == paths[0]:
                    self.named[name] = True
        elif kind == "rename":
            source, target = paths
            for names in (self.synced, self.named):
                for name in [name for name in names if name == source or name.startswith(f"{source}/")]:
                    moved = target + name[len(source) :]
                    if isinstance(names, set):
                        names.remove(name)
                        names.add(moved)
                    else:
                        names[moved] = names.pop(name) and name != source

    def faults(self, files: Sequence[str], root: str, certain: bool) -> Iterator[str]:
        """What is wrong with files that must be whole wherever their names can be read; `certain`: must be readable."""
        for file in files:
            if file not in self.synced:
                yield f"{file} may be empty"
            for name in (file, *_above(file, root)):
                if certain and not self.named.get(name, True):
                    yield f"{name} may be gone"
            if not self.named.get(file, True) and os.path.dirname(file) != root:
                yield f"{file} may be missing in a folder that is there"

    def left(self, draw: random.Random) -> dict[str, bool]:
        """What can be read after a cut, and whether its bytes are there, when what was not synced comes through by
        chance: each name and the bytes of each file for themselves, in any order.
        """
        there = {name for name, certain in self.named.items() if certain or draw.random() < 0.5}
        gone = set(self.named) - there
        return {
            name: name in self.synced or draw.random() < 0.5
            for name in sorted(there)
            if not any(name.startswith(f"{folder}/") for folder in gone)
        }


def _above(file: str, root: str) -> list[str]:
    folder, found = os.path.dirname(file), []
    while folder != root:
        found.append(folder)
        folder = os.path.dirname(folder)
    return found


def lost_by_a_cut(operations: Sequence[Operation], ledger: Ledger) -> list[str]:
    """What a power cut after some operation may cost, if it comes at the worst time."""
    disk, faults = Disk(), []
    root = str(ledger.folder)
    folder = f"{root}/reports/2024-02-01"
    report = [f"{folder}/{path.name}" for path in Path(folder).iterdir()]
    standing = False
    for operation in operations:
        disk.did(operation)
        standing = standing or (operation[0] == "rename" and operation[2] == folder)
        if operation[0] == "rename" and operation[2] == str(ledger.warehouse):
            faults += disk.faults([str(ledger.warehouse)], root, certain=False)
        if operation[0] == Point.COMMITTED:
            faults += disk.faults([str(ledger.warehouse)], root, certain=True)
        if standing:
            faults += disk.faults(report, root, certain=operation[0] == Point.PUBLICATION_RECORDED)
    assert standing, "the report never came to stand"
    return faults


def broken_by_a_cut(operations: Sequence[Operation], ledger: Ledger, draw: random.Random) -> list[str]:
    """What is not as it must be after a power cut at some place in the log that loses, by chance, what it may."""
    disk, warehouse, folder = Disk(), str(ledger.warehouse), str(ledger.folder / "reports" / AS_OF[0])
    done = operations[: draw.randrange(len(operations) + 1)]
    for operation in done:
        disk.did(operation)
    left, kinds = disk.left(draw), [operation[0] for operation in done]
    wrong = []
    if (warehouse not in left and Point.COMMITTED in kinds) or not left.get(warehouse, True):
        wrong.append("the warehouse")
    if folder not in left and Point.PUBLICATION_RECORDED in kinds:
        wrong.append("the report")
    if folder in left:
        wrong += [path.name for path in Path(folder).iterdir() if not left.get(str(path))]
    return wrong


def operations_of(ledger: Ledger, faults: Sequence[str | None]) -> list[Operation]:
    """What runs of the first night did, each broken off as told."""
    log = ledger.folder / "operations"
    for fault in faults:
        environment = {"BADGELEDGER_OPERATIONS": str(log)}
        ended = ledger.run(0, env=environment, patches=["faults.patches:log_operations"], fault=fault)
        assert ended.code == (0 if fault is None else -signal.SIGKILL), ended
    return [json.loads(line) for line in log.read_text().splitlines()]


def needed_syncs(operations: Sequence[Operation]) -> list[int]:
    """The places of the syncs; one that is repeated before anything was promised is not needed."""
    committed = [operation[0] for operation in operations].index(Point.COMMITTED)
    syncs = [place for place, operation in enumerate(operations) if operation[0] == "fsync"]
    needed = [place for place in syncs if operations[place] not in operations[place + 1 : max(place, committed)]]
    assert len(needed) >= 16
    return needed


@pytest.fixture(scope="module", params=["there", "new"])
def first_night(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Ledger, list[Operation]]:
    """The ledger after a first night whose folder of reports was there, or new, and what was done in it."""
    ledger = delivered(0, tmp_path_factory.mktemp("power") / "ledger")
    if request.param == "there":
        (ledger.folder / "reports").mkdir()
    return ledger, operations_of(ledger, [None])


def test_a_power_cut_loses_nothing_that_was_said_to_be_there_and_each_sync_is_needed_for_it(
    first_night: tuple[Ledger, list[Operation]],
) -> None:
    """The worst of each of the cuts."""
    ledger, operations = first_night
    assert lost_by_a_cut(operations, ledger) == []
    for place in needed_syncs(operations):
        without = operations[:place] + operations[place + 1 :]
        assert lost_by_a_cut(without, ledger) != [], f"{operations[place]} is not needed"


def test_what_random_power_cuts_leave_is_whole_and_without_any_sync_some_are_not(
    first_night: tuple[Ledger, list[Operation]],
) -> None:
    ledger, operations = first_night
    seed = 20240210
    draw = random.Random(seed)
    for cut in range(5000 if SLOW else 150):
        assert broken_by_a_cut(operations, ledger, draw) == [], (seed, cut)
    for place in needed_syncs(operations):
        without = operations[:place] + operations[place + 1 :]
        found = (broken_by_a_cut(without, ledger, draw) for _ in range(5000))
        assert any(found), (seed, operations[place])


def test_a_folder_that_was_renamed_by_a_killed_run_is_on_disk_before_it_is_called_published(tmp_path: Path) -> None:
    ledger = delivered(0, tmp_path / "ledger")
    operations = operations_of(ledger, [f"{Point.RENAMED}=kill", None])
    assert lost_by_a_cut(operations, ledger) == []
    without = [operation for operation in operations if operation != ["fsync", str(ledger.folder / "reports")]]
    assert lost_by_a_cut(without, ledger) != []


def test_syncs_in_another_order_are_found(first_night: tuple[Ledger, list[Operation]]) -> None:
    """A rename that comes before a sync of what it publishes, wherever in the log that sync was."""
    ledger, operations = first_night
    renamed = next(place for place, one in enumerate(operations) if one[0] == "rename" and "/reports/" in one[2])
    stage, folder = operations[renamed][1:]
    inside = [place for place, one in enumerate(operations[:renamed]) if one[0] == "fsync" and one[1].startswith(stage)]
    assert len(inside) >= 13
    for place in inside:
        late = ["fsync", operations[place][1].replace(stage, folder)]
        reordered = operations[:place] + operations[place + 1 : renamed + 1] + [late] + operations[renamed + 1 :]
        assert lost_by_a_cut(reordered, ledger) != [], operations[place]


# --- a protocol with a part of it gone ----------------------------------------------------------------------------


def patched(name: str) -> dict[str, list[str]]:
    return {"patches": [f"faults.patches:{name}"]}


def killed_and_sound(point: str, mutant: str, folder: Path, night: int = 1) -> None:
    ledger = delivered(night, folder)
    assert ledger.run(night, fault=f"{point}=kill", **patched(mutant)).code == -signal.SIGKILL
    assert_sound(ledger, night)
    ended = ledger.run(night, **patched(mutant))
    assert ended.code == 0, ended
    assert_sound(ledger, night)
    assert ledger.reports() == undisturbed()[night + 1].reports()


def next_night_finishes(mutant: str, folder: Path) -> None:
    ledger = delivered(0, folder)
    assert ledger.run(0, fault=f"{Point.COMMITTED}=kill", **patched(mutant)).code == -signal.SIGKILL
    ledger.deliver(1)
    assert ledger.run(1, **patched(mutant)).code == 0
    assert ledger.reports() == undisturbed()[2].reports()


def other_content_is_not_touched(mutant: str, folder: Path) -> None:
    ledger = delivered(1, folder)
    (ledger.folder / "reports" / "2024-02-02").mkdir()
    (ledger.folder / "reports" / "2024-02-02" / "mine").write_text("mine")
    assert ledger.run(1, **patched(mutant)).code == 0
    assert (ledger.folder / "reports" / "2024-02-02.2" / "manifest.json").exists()


def read(mutant: str, folder: Path, change: Callable[[Path], None], content: bytes = BEFORE) -> Ended:
    ledger = Ledger.new(folder)
    log = ledger.folder / "logs" / "a.jsonl"
    log.write_bytes(content)
    running = ledger.start(0, fault=f"{Point.SOURCE_HASHED}=stop", **patched(mutant))
    running.until_stopped()
    change(log)
    return running.go_on()


def nothing_is_lost_in_reading(mutant: str, folder: Path) -> None:
    ended = delivered(0, folder).run(0, **patched(mutant))
    # The check of the engine stops what its reader has lost: code 6, and nothing is published.
    assert ended.code == 0, ended


def a_changed_file_is_refused(mutant: str, folder: Path) -> None:
    assert read(mutant, folder, lambda log: log.write_bytes(b"".join(LINES[3:]))).code == 3


def half_a_line_is_left(mutant: str, folder: Path) -> None:
    ended = read(mutant, folder, lambda log: log.write_bytes(BEFORE + LINES[3]), BEFORE + LINES[3][:30])
    assert "3 read = 3 accepted" in ended.out


def a_wrong_sum_is_refused(mutant: str, folder: Path) -> None:
    ledger = Ledger.new(folder)
    (ledger.folder / "logs" / "x.gz").write_bytes(BROKEN["gzip, wrong CRC"][1])
    assert ledger.run(0, **patched(mutant)).code == 3


def rows_are_those_of_the_file(mutant: str, folder: Path) -> None:
    """The copy that is read stands beside the warehouse, whose folders look like columns, and like patterns."""
    row = {"badge_id": "B", "customer_id": "c", "kind": "EARN", "event_at": "2024-01-01T00:00:00Z"}
    # This is the file that the pattern stands for.
    other = folder / "kind=ISSUE" / "a1" / "ledger.duckdb.tmp"
    other.mkdir(parents=True)
    polars.DataFrame([row, row]).write_parquet(other / "flat.parquet")
    ledger = Ledger.new(folder / "kind=ISSUE" / "a[1]")
    polars.DataFrame([row]).write_parquet(ledger.folder / "logs" / "flat.parquet")
    ended = ledger.run(0, **patched(mutant))
    assert (ended.code, "1 read = 1 accepted" in ended.out) == (0, True), ended
    table = (ledger.folder / "reports" / AS_OF[0] / "issuances.csv").read_text()
    assert (table.count(",EARN,"), table.count(",ISSUE,")) == (1, 0)


def a_bomb_is_refused(mutant: str, folder: Path) -> None:
    ledger = Ledger.new(folder)
    (ledger.folder / "logs" / "bomb.gz").write_bytes(BOMB)
    patches = ["small_bomb"] if mutant == "no_mutant" else [mutant]
    assert ledger.run(0, patches=[f"faults.patches:{name}" for name in patches]).code == 3


def one_run_at_a_time(mutant: str, folder: Path) -> None:
    ledger = delivered(1, folder)
    first = ledger.start(1, fault=f"{Point.COMMITTED}=stop", **patched(mutant))
    first.until_stopped()
    try:
        assert "held by process" in ledger.run(1, "--lock-timeout", 0, **patched(mutant)).err
    finally:
        first.go_on()


MUTANTS: dict[str, Callable[[str, Path], None]] = {
    "nothing_is_rolled_back": partial(killed_and_sound, Point.FILE_READ),
    "report_before_commit": partial(killed_and_sound, Point.RENAMED),
    "reports_in_place": partial(killed_and_sound, Point.REPORT_SYNCED),
    "remains_are_left": partial(killed_and_sound, Point.REPORT_SYNCED),
    "known_files_are_read_again": partial(killed_and_sound, Point.COMMITTED),
    "open_runs_are_forgotten": next_night_finishes,
    "any_folder_is_kept": other_content_is_not_touched,
    "a_tame_line_is_lost": nothing_is_lost_in_reading,
    "no_look_at_the_file_afterwards": a_changed_file_is_refused,
    "half_a_line_is_a_line": half_a_line_is_left,
    "no_check_sum": a_wrong_sum_is_refused,
    "names_of_folders_are_columns": rows_are_those_of_the_file,
    "names_are_patterns": rows_are_those_of_the_file,
    "no_cap_on_what_is_decompressed": a_bomb_is_refused,
    "a_warehouse_is_made_in_its_place": partial(killed_and_sound, Point.YOUNG_OPENED, night=0),
    "no_lock": one_run_at_a_time,
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protocol_with_a_part_of_it_gone_is_found(mutant: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        MUTANTS[mutant](mutant, tmp_path / "mutant")
    if SLOW:
        # The same scenario holds for the protocol as it is.
        MUTANTS[mutant]("no_mutant", tmp_path / "sound")
