"""Three small nights, the runs that bring them in, and what must hold after every fault."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import harness

from badgeledger.faults import VARIABLE

REPOSITORY = Path(__file__).resolve().parents[2]
PIPELINE = harness.nightly("max_quarantined = 0.5", more='[reports]\nformats = ["csv"]')
LIMITS = [harness.fixed_value(1), harness.every_days(5, 1), harness.every_days(5, 4, "BADGE")]
CALL = harness.issue_bulk("B", ["c1", "c2"], "2024-01-10T00:00:00Z", answers=[("c1", "i1"), ("c2", 1040)])
NIGHTS: tuple[dict[str, list[harness.Line]], ...] = (
    {
        "a.jsonl": [
            harness.define(harness.definition("B", limits=LIMITS)),
            *(harness.earn("B", "c1", f"2024-01-0{day}T10:00:00Z", rid=f"r{day}") for day in (1, 2, 3)),
            harness.unanswered(CALL),
            "}{",
        ],
        "packed.jsonl.gz": [harness.earn("B", "c3", "2024-01-03T10:00:00Z", rid="p1"), "}{"],
    },
    {
        "b.jsonl": [
            harness.earn("B", "c1", "2024-01-04T10:00:00Z", rid="r5"),
            harness.earn("B", "c1", "2024-01-03T10:00:00Z", rid="r3"),
        ]
    },
    {"c.jsonl": [harness.unasked(CALL), harness.earn("B", "c4", "2024-01-01T10:00:00Z", rid="late")]},
)
AS_OF = ("2024-02-01", "2024-02-02", "2024-02-03")


@dataclass(frozen=True)
class Ended:
    """How a command ended: `code` is negative for a signal, as subprocess has it; `memory_mb` is the most that it used
    beyond what every command begins with, 0 for one that was killed.
    """

    code: int
    out: str
    err: str
    memory_mb: float


class Zygote:
    """Command lines in processes of their own, forked from one that is warm; `nights` is where its nights stand."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="badgeledger-faults-")
        self.nights = Path(self._folder.name) / "nights"
        paths = os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY / "tests")])
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py")), str(self.nights)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._count = 0
        atexit.register(self.close)
        assert self._answer()["threads"] == 1, "a process with threads cannot be forked safely"

    def start(
        self,
        *argv: object,
        fault: str | None = None,
        env: dict[str, str] | None = None,
        patches: Sequence[str] = (),
        file_size: int = 0,
    ) -> Running:
        """Begin a command. `fault` is what the fault variable says, `patches` are functions that it calls first."""
        self._count += 1
        place = Path(self._folder.name) / str(self._count)
        order = {
            "argv": [str(argument) for argument in argv],
            "env": (env or {}) | ({VARIABLE: fault} if fault else {}),
            "patches": list(patches),
            "file_size": file_size,
            "out": f"{place}.out",
            "err": f"{place}.err",
            "memory": f"{place}.memory",
        }
        return Running(self, self._ask(order)["pid"], place)

    def run(self, *argv: object, **how: Any) -> Ended:
        return self.start(*argv, **how).end()

    def kills(self, *argv: object, **how: Any) -> Iterator[str]:
        """A command that is killed at each point in turn: what it says is yielded when the process is dead, and a copy
        of it goes on from there. What is found at each stays as it is until then. The last one must end with 0.
        """
        self._count += 1
        log = Path(self._folder.name) / f"{self._count}.kills"
        log.touch()
        how["env"] = {**how.get("env", {}), "BADGELEDGER_KILLS": str(log)}
        running = self.start(*argv, patches=["faults.patches:killed_and_gone_on"], **how)
        with log.open() as told:
            while (ended := running.end()).code == -signal.SIGKILL:
                point, copy = told.readline().split()
                running = running.gone_on(int(copy))
                running.until_stopped()
                try:
                    yield point
                finally:
                    os.kill(running.pid, signal.SIGCONT)
        log.unlink()
        assert ended.code == 0, ended

    def wait(self, pid: int) -> dict[str, int]:
        return self._ask({"wait": pid})

    def _ask(self, order: dict[str, Any]) -> dict[str, int]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, int]:
        assert self._process.stdout is not None
        answer: dict[str, int] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
            self._process.wait(60)
            self._folder.cleanup()


class Running:
    """A command that has begun."""

    def __init__(self, zygote: Zygote, pid: int, place: Path) -> None:
        self._zygote = zygote
        self.pid = pid
        self._place = place

    def until_stopped(self) -> None:
        """Wait until the fault `stop` holds it."""
        answer = self._zygote.wait(self.pid)
        if "stopped" not in answer:
            raise AssertionError(f"it was never stopped: {self._ended(answer)}")

    def kill(self) -> None:
        """SIGKILL, unless it has ended by itself; it is not waited for."""
        os.kill(self.pid, signal.SIGKILL)

    def go_on(self) -> Ended:
        os.kill(self.pid, signal.SIGCONT)
        return self.end()

    def gone_on(self, pid: int) -> Running:
        """The copy of it that goes on in its place."""
        return Running(self._zygote, pid, self._place)

    def end(self) -> Ended:
        return self._ended(self._zygote.wait(self.pid))

    def _ended(self, answer: dict[str, int]) -> Ended:
        files = [Path(f"{self._place}.{name}") for name in ("out", "err", "memory")]
        out, err, memory = (path.read_text() if path.exists() else "" for path in files)
        ended = Ended(answer["code"], out, err, int(memory or 0) / 1024)
        for path in files:
            path.unlink(missing_ok=True)
        assert "Traceback" not in ended.err, ended.err
        assert "report it" not in ended.err, ended.err
        return ended


@cache
def zygote() -> Zygote:
    """The one zygote of this process."""
    return Zygote()


@dataclass(frozen=True)
class Ledger:
    """A folder with a pipeline file, logs, a warehouse and reports."""

    folder: Path

    @classmethod
    def new(cls, folder: Path, *, pipeline: str = PIPELINE) -> Ledger:
        folder.mkdir(parents=True)
        (folder / "nightly.toml").write_text(pipeline)
        (folder / "logs").mkdir()
        return cls(folder)

    @property
    def warehouse(self) -> Path:
        return self.folder / "ledger.duckdb"

    def deliver(self, night: int) -> None:
        """Put the files of a night where the run looks for them."""
        harness.write_files(self.folder / "logs", harness.files_of(NIGHTS[night]))

    def start(self, night: int, *options: object, **how: Any) -> Running:
        arguments = ("run", self.folder / "nightly.toml", "--as-of", f"{AS_OF[night]}T00:00:00Z")
        return zygote().start(*arguments, *options, **how)

    def run(self, night: int, *options: object, **how: Any) -> Ended:
        return self.start(night, *options, **how).end()

    def reports(self) -> dict[str, bytes]:
        """Every byte of every report folder, hidden ones too."""
        root = self.folder / "reports"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def kills(self, night: int, *options: object, **how: Any) -> Iterator[str]:
        """The run of a night that is killed at each point in turn (see `Zygote.kills`)."""
        arguments = ("run", self.folder / "nightly.toml", "--as-of", f"{AS_OF[night]}T00:00:00Z")
        return zygote().kills(*arguments, *options, **how)

    def state(self) -> str:
        """A hash of all that the next run finds: names and bytes, but not who held the lock."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            digest.update(f"{path.relative_to(self.folder)}\n".encode())
            if path.is_file() and path.suffix != ".lock":
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """What happens inside happens to a copy, in this very place: a warehouse remembers where its reports are."""
        held = self.folder.with_name(f"{self.folder.name}-held")
        self.folder.rename(held)
        try:
            shutil.copytree(held, self.folder)
            yield
        finally:
            shutil.rmtree(self.folder)
            held.rename(self.folder)

    def copied(self, folder: Path) -> Ledger:
        shutil.copytree(self.folder, folder)
        return Ledger(folder)


def make_nights(root: Path) -> Iterator[tuple[Ledger, int]]:
    """Ledgers below a folder with the files of a night, to be run, each after the one before."""
    ledger = Ledger.new(root / "0")
    for night in range(len(NIGHTS)):
        ledger = ledger.copied(root / str(night + 1))
        ledger.deliver(night)
        yield ledger, night


@cache
def undisturbed() -> tuple[Ledger, ...]:
    """The ledger before the first night and after each, as they are when nothing happens."""
    return tuple(Ledger(zygote().nights / str(night)) for night in range(len(NIGHTS) + 1))


def delivered(night: int, folder: Path) -> Ledger:
    """The ledger as the nights before left it, with the files of this one."""
    ledger = undisturbed()[night].copied(folder)
    ledger.deliver(night)
    return ledger


def assert_sound(ledger: Ledger, night: int) -> None:
    """What holds whenever a run of a night was broken off: the warehouse opens, batches are whole or absent, lines
    reconcile, and every folder in sight is a whole report.
    """
    standing = _published(ledger.folder / "reports")
    for folder in standing:
        assert (folder / "manifest.json").exists(), folder
        manifest = json.loads((folder / "manifest.json").read_bytes())
        assert {path.name for path in folder.iterdir()} == {*manifest["outputs"], "manifest.json"}
        for name, output in manifest["outputs"].items():
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == output["sha256"], name
    if not ledger.warehouse.exists():
        assert standing == []
        return
    # The log of what was not checkpointed is left as it is: the next run shall meet it.
    with tempfile.TemporaryDirectory(prefix="badgeledger-look-") as aside:
        copy = Path(shutil.copy(ledger.warehouse, aside))
        wal = ledger.warehouse.with_name("ledger.duckdb.wal")
        if wal.exists():
            shutil.copy(wal, aside)
        try:
            with duckdb.connect(str(copy)) as con:
                files = con.execute("SELECT batch_id, lines FROM raw.file ORDER BY file_id").fetchall()
                batches = con.execute("SELECT count(*), (SELECT count(*) FROM raw.run) FROM raw.batch").fetchall()
                unsorted = con.execute(_UNRECONCILED).fetchall()
                told = {Path(name).name for (name,) in con.execute("SELECT folder FROM raw.run").fetchall()}
        except duckdb.Error as error:
            raise AssertionError(f"the warehouse does not open: {error}") from error
    nights = [[len(list(lines)) for lines in files.values()] for files in NIGHTS]
    whole = [[line for part in nights[:last] for line in part] for last in (night, night + 1)]
    assert [lines for _, lines in files] in whole
    assert batches[0][0] == batches[0][1], "a batch without its run, or a run without its batch"
    assert unsorted == []
    assert {folder.name for folder in standing} <= told, "a report that no run knows of"


def assert_made_good(ledger: Ledger, night: int) -> None:
    """One more run brings the same bytes as a night in which nothing happened."""
    ended = ledger.run(night)
    assert ended.code == 0, ended.err
    assert_sound(ledger, night)
    assert ledger.reports() == undisturbed()[night + 1].reports()


@dataclass
class Proof:
    """States of ledgers that are sound, and those that one more run makes good; the same bytes have the same future."""

    sound: set[tuple[int, str]] = field(default_factory=set)
    made_good: set[tuple[int, str]] = field(default_factory=set)

    def of_sound(self, ledger: Ledger, night: int) -> bool:
        """Prove that the state in which a fault has left a ledger is sound; whether it was new."""
        state = night, ledger.state()
        if state in self.sound:
            return False
        assert_sound(ledger, night)
        self.sound.add(state)
        return True

    def of_made_good(self, ledger: Ledger, night: int) -> None:
        """Prove that one more run makes it good; the ledger stays in it."""
        state = night, ledger.state()
        if state not in self.made_good:
            with ledger.rehearsal():
                assert_made_good(ledger, night)
            self.made_good.add(state)


PROOF = Proof()

_UNRECONCILED = """
SELECT file_id, lines FROM raw.file WHERE lines <> (
    SELECT count(*) FROM (
        SELECT DISTINCT file_id, record_no FROM (
            SELECT file_id, record_no FROM raw.call
            UNION ALL SELECT file_id, record_no FROM raw.definition
            UNION ALL SELECT file_id, record_no FROM raw.quarantine
        )
    ) AS told WHERE told.file_id = raw.file.file_id
)
"""


def _published(reports: Path) -> list[Path]:
    return [path for path in sorted(reports.iterdir()) if not path.name.startswith(".")] if reports.exists() else []
