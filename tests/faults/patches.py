"""What a process may be told to change in itself before its command begins."""

from __future__ import annotations

import ctypes
import gzip
import inspect
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from badgeledger import flat_files, ingest, inputs, pipeline, warehouse
from badgeledger.faults import Point
from badgeledger.reports import folder, publish
from badgeledger.warehouse import Warehouse


def small_bomb() -> None:
    """A file may grow to a mebibyte or twenty times its size when it is decompressed."""
    inputs.MIN_BOMB_BYTES, inputs.MAX_EXPANSION = 1024 * 1024, 20


def bomb_of_blocks() -> None:
    """A file may grow to two blocks."""
    inputs.MIN_BOMB_BYTES = 2 * inputs.BLOCK_BYTES


def no_right_to_read() -> None:
    """Root may read anything; without this capability it is held to the rights of a file, as anybody is."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    dac_override, dac_read_search = 1 << 1, 1 << 2
    sets[0] &= ~(dac_override | dac_read_search)
    assert libc.capset(header, sets) == 0


def reaching(reached: Callable[[Point], None]) -> None:
    """Let something else happen at each point."""
    for name, module in list(sys.modules.items()):
        if name.startswith("badgeledger.") and hasattr(module, "reached"):
            module.reached = reached


def killed_and_gone_on() -> None:
    """At each point the process is killed, and a copy of it goes on when it is told to, until the run has ended.

    The file that the environment names gets the point and the copy's process id. A copy has one thread only, so that
    points that are reached beside others have to be killed one by one.
    """
    log = os.open(os.environ["BADGELEDGER_KILLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def reached(point: Point) -> None:
        if not _alone():
            return
        copy = os.fork()
        if copy:
            os.write(log, f"{point} {copy}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGSTOP)

    reaching(reached)


def _alone() -> bool:
    """Whether no other thread runs; one that was joined just now may be listed for a moment longer."""
    until = time.monotonic() + 0.05
    while threading.active_count() == 1:
        if len(os.listdir("/proc/self/task")) == 1:
            return True
        if time.monotonic() > until:
            break
        time.sleep(0.001)
    return False


# --- how far the disk has come ------------------------------------------------------------------------------------


def log_operations() -> None:
    """Append what must reach the disk, and when, to the file that the environment names."""
    log = os.open(os.environ["BADGELEDGER_OPERATIONS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(*operation: str) -> None:
        os.write(log, (json.dumps(operation) + "\n").encode())

    real_fsync, real_rename, real_replace, real_mkdir = os.fsync, os.rename, os.replace, os.mkdir

    def fsync(descriptor: int) -> None:
        real_fsync(descriptor)
        note("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))

    def renaming(real: Callable[..., None]) -> Callable[..., None]:
        def rename(source: Any, target: Any) -> None:
            real(source, target)
            note("rename", os.path.abspath(source), os.path.abspath(target))

        return rename

    def mkdir(path: Any, *mode: int) -> None:
        real_mkdir(path, *mode)
        note("make", os.path.abspath(path))

    def reached(point: Point) -> None:
        if point in (Point.COMMITTED, Point.PUBLICATION_RECORDED):
            note(point)
        real_reached(point)

    real_reached = warehouse.reached
    os.fsync, os.rename, os.replace, os.mkdir = fsync, renaming(real_rename), renaming(real_replace), mkdir
    warehouse.reached = pipeline.reached = reached


# --- mutants: a protocol with a part of it gone -------------------------------------------------------------------


def nothing_is_rolled_back() -> None:
    """Every statement is a transaction of its own."""

    @contextmanager
    def transaction(self: Warehouse) -> Iterator[None]:
        yield

    Warehouse.transaction = transaction  # type: ignore[method-assign]


def report_before_commit() -> None:
    """The first transaction is still open while its report is published."""
    real = Warehouse.transaction
    depth: list[object] = []

    @contextmanager
    def transaction(self: Warehouse) -> Iterator[None]:
        if not depth:
            opened = real(self)
            opened.__enter__()
            depth.append(opened)
            yield
        else:
            yield
            depth.pop().__exit__(None, None, None)  # type: ignore[attr-defined]

    Warehouse.transaction = transaction  # type: ignore[method-assign]


def reports_in_place() -> None:
    """Files are written where they will stand."""

    @contextmanager
    def staged(target: Path, owner: Path) -> Iterator[Path]:
        target.mkdir(exist_ok=True)
        yield target

    publish.staged = staged


def open_runs_are_forgotten() -> None:
    pipeline.finish_open_runs = lambda *_: None


def known_files_are_read_again() -> None:
    ingest._known = lambda con: {}


def remains_are_left() -> None:
    real = folder.prepare

    def prepare(target: Path, owner: Path) -> None:
        folder.shutil = SimpleNamespace(rmtree=lambda *_, **__: None)  # type: ignore[assignment]
        real(target, owner)

    publish.prepare = folder.prepare = prepare


def any_folder_is_kept() -> None:
    publish.manifest.holds = lambda place, text: place.exists()


def a_tame_line_is_lost() -> None:
    """The fast reader says that it has read what it has not."""
    ingest._FileReader._read_tame = lambda self, spools, tame: tame[:0]


def no_look_at_the_file_afterwards() -> None:
    real = inputs.os.fstat
    looked: dict[int, os.stat_result] = {}
    inputs.os = SimpleNamespace(**vars(os) | {"fstat": lambda file: looked.setdefault(file, real(file))})


def half_a_line_is_a_line() -> None:
    inputs.OpenSource.grew = property(lambda self: False)  # type: ignore[assignment,misc]


def no_check_sum() -> None:
    gzip._GzipReader._read_eof = lambda self: self._fp.read(8) and None  # type: ignore[attr-defined]


def rewritten(module: ModuleType, name: str, old: str, new: str) -> Any:
    """A function of a module with some of its text replaced."""
    text = inspect.getsource(getattr(module, name))
    assert text.count(old) == 1
    exec(compile(text.replace(old, new), name, "exec"), vars(module))
    return vars(module)[name]


def names_of_folders_are_columns() -> None:
    ingest.parquet_rows = rewritten(flat_files, "parquet_rows", "hive_partitioning = false", "hive_partitioning = true")


def names_are_patterns() -> None:
    """A name with brackets is read as a pattern, of the file and of every folder above it."""
    flat_files.glob = SimpleNamespace(escape=str)


def no_cap_on_what_is_decompressed() -> None:
    small_bomb()
    inputs.MIN_BOMB_BYTES = 1 << 60


def a_warehouse_is_made_in_its_place() -> None:
    rewritten(warehouse, "_create", 'path.with_name(path.name + ".new")', "path")


def no_lock() -> None:
    @contextmanager
    def unlocked(*_: object) -> Iterator[None]:
        yield

    warehouse.locked = unlocked


def abort_checkpoint(place: str) -> None:
    real = warehouse.configure

    def configure(con: Any, spill: Path) -> None:
        real(con, spill)
        con.execute(f"SET debug_checkpoint_abort = '{place}'")

    warehouse.configure = configure


def abort_before_truncate() -> None:
    abort_checkpoint("BEFORE_TRUNCATE")


def abort_before_header() -> None:
    abort_checkpoint("BEFORE_HEADER")


def abort_after_free_list_write() -> None:
    abort_checkpoint("AFTER_FREE_LIST_WRITE")


def abort_before_wal_finish() -> None:
    abort_checkpoint("BEFORE_WAL_FINISH")


def no_mutant() -> None:
    """The protocol as it is."""
