"""Files that are hostile, damaged, or no files: each has its exact outcome, within 300 MB of memory (FAULTS 3.5)."""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import harness
import polars
import pytest
from backports import zstd
from faults.nights import Ended, zygote

from badgeledger.faults import Point

# A program that has loaded what ingest needs begins with 130 MB: together they are less than 300.
MEMORY_MB = 165
MIB = 1024 * 1024
GOOD = [harness.text_of(harness.earn("B", f"c{n}", "2024-02-01T00:00:00Z", rid=f"r{n}")) for n in range(4)]
LOG = b"\n".join(GOOD) + b"\n"
LONG = b'{"a":"' + b"x" * (20 * MIB) + b'"}'


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def parquet(columns: dict[str, list[Any]]) -> bytes:
    file = io.BytesIO()
    polars.DataFrame(columns).write_parquet(file)
    return file.getvalue()


HEADER, ROW = b"badge_id,customer_id,kind,event_at\n", b"B,c9,EARN,2024-02-01T00:00:00Z\n"
FLAT = {"badge_id": ["B"], "customer_id": ["c9"], "kind": ["EARN"], "event_at": ["2024-02-01T00:00:00Z"]}
# A frame of zstd that holds nothing to decompress; some programs begin with one.
SKIPPED = b"\x50\x2a\x4d\x18\x04\0\0\0skip"
NAMED = zipped(LOG)[:3] + b"\x08" + zipped(LOG)[4:10] + b"../../x\0" + zipped(LOG)[10:]
# Name of the file, its bytes, and how many of its lines are read, accepted and refused; all others are its duplicates.
READ: tuple[tuple[str, bytes, tuple[int, int, int]], ...] = (
    ("log.jsonl", LOG, (4, 4, 0)),
    ("a long line.jsonl.gz", zipped(LONG + b"\n" + LOG), (5, 0, 1)),
    ("a line of 200 MB alone.gz", zipped(b'{"a":"' + b"x" * (200 * MIB)), (1, 0, 1)),
    ("a line of 40 MB, then a good one.zst", zstd.compress(b"x" * (40 * MIB) + b"\n" + LOG), (5, 0, 1)),
    ("100,000 brackets", b"[" * 100_000, (1, 0, 1)),
    ("5 million brackets.gz", zipped(b'{"a":' + b"[" * 5_000_000), (1, 0, 1)),
    ("a deep object.jsonl", b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n" + LOG, (5, 0, 1)),
    ("no text.jsonl", b"\xff\xfe\n\xed\xa0\x80\n\x00\n" + LOG, (7, 0, 3)),
    ("control characters.jsonl", b'{"a":"\x01"}\n\x01\x02\n' + LOG, (6, 0, 2)),
    ("mixed line ends.jsonl", LOG.replace(b"\n", b"\r\n", 2) + b"\r\n\r\r\n", (6, 0, 2)),
    ("only carriage returns.jsonl", LOG.replace(b"\n", b"\r"), (1, 0, 1)),
    ("a mark.jsonl", b"\xef\xbb\xbf" + LOG + b"\xef\xbb\xbf" + GOOD[0], (5, 0, 1)),
    ("blank lines.jsonl", b"\n \n\t\n" + LOG, (7, 0, 3)),
    ("half a million line feeds.gz", zipped(b"\n" * 500_000), (500_000, 0, 500_000)),
    ("no JSON.jsonl", b'null\n{"a":1,}\n{"a":NaN}\n{"a":1,"a":2}\n[1]\n{}\n1e400\n' + LOG, (11, 0, 7)),
    ("digits.jsonl", b'{"id":"B","startOn":' + b"9" * 400 + b"}\n" + LOG, (5, 0, 1)),
    ("a[1].jsonl", LOG, (4, 0, 0)),
    ("a*.jsonl", LOG, (4, 0, 0)),
    ("n=99/f.jsonl", LOG, (4, 0, 0)),
    ("a'; DROP TABLE raw.call; --.jsonl", LOG, (4, 0, 0)),
    ("empty.gz", b"", (0, 0, 0)),
    ("nothing.zst", zstd.compress(b""), (0, 0, 0)),
    ("two members.gz", zipped(LOG[: len(LOG) // 2]) + zipped(LOG[len(LOG) // 2 :]), (4, 0, 0)),
    ("two frames.zst", zstd.compress(LOG[:40]) + zstd.compress(LOG[40:]), (4, 0, 0)),
    ("gzip under another name", zipped(LOG), (4, 0, 0)),
    ("plain under a name of gzip.gz", LOG, (4, 0, 0)),
    ("not closed.json", b"[" + b",".join(GOOD), (1, 0, 1)),
    ("a lone surrogate.jsonl", b'{"badgeMetaId":"\\ud800"}\n' + LOG, (5, 0, 1)),
    ("a lone surrogate as an id.jsonl", GOOD[0].replace(b'"c0"', b'"\\udfff"') + b"\n" + LOG, (5, 0, 1)),
    ("a NUL as an id.jsonl", GOOD[0].replace(b'"c0"', b'"\\u0000"') + b"\n" + LOG, (5, 0, 1)),
    ("a key twice.jsonl", GOOD[0].replace(b'"c0"', b'"c0","customerId":"c1"') + b"\n" + LOG, (5, 0, 1)),
    ("a key of a megabyte.jsonl", b'{"' + b"k" * MIB + b'":1}\n' + LOG, (5, 0, 1)),
    ("100,000 keys.jsonl", b"{" + b",".join(b'"%d":1' % n for n in range(100_000)) + b"}\n" + LOG, (5, 0, 1)),
    ("minus infinity.jsonl", b'{"a":-Infinity}\n' + LOG, (5, 0, 1)),
    ("a comment.jsonl", GOOD[0] + b" // so\n" + LOG, (5, 0, 1)),
    ("two on a line.jsonl", GOOD[0] + GOOD[1] + b"\n" + LOG, (5, 0, 1)),
    ("single quotes.jsonl", GOOD[0].replace(b'"', b"'") + b"\n" + LOG, (5, 0, 1)),
    ("UTF-16.jsonl", LOG.decode().encode("utf-16"), (5, 0, 5)),
    ("UTF-32.jsonl", LOG.decode().encode("utf-32"), (5, 0, 5)),
    ("Latin-1.jsonl", GOOD[0].replace(b"c0", b"\xe9") + b"\n" + LOG, (5, 0, 1)),
    ("an overlong slash.jsonl", GOOD[0].replace(b"c0", b"\xc0\xaf") + b"\n" + LOG, (5, 0, 1)),
    ("other ends of lines.jsonl", b"\xe2\x80\xa8".join(GOOD) + b"\n" + b"\x0b".join(GOOD) + b"\n" + LOG, (6, 0, 2)),
    ("only a mark.jsonl", b"\xef\xbb\xbf", (0, 0, 0)),
    ("only a line feed.jsonl", b"\n", (1, 0, 1)),
    ("no line feed at its end.jsonl", LOG[:-1], (4, 0, 0)),
    ("gzip in gzip.gz", zipped(zipped(LOG)), (1, 0, 1)),
    ("gzip of nothing.gz", zipped(b""), (0, 0, 0)),
    ("a path in its header.gz", NAMED, (4, 0, 0)),
    ("a frame to skip, then a log.zst", SKIPPED + zstd.compress(LOG), (4, 0, 0)),
    ("a log, then a frame to skip.zst", zstd.compress(LOG) + SKIPPED, (4, 0, 0)),
    ("numbers.json", b"[1,\n2,\n3]", (3, 0, 3)),
    ("a deep document.json", b"[" * 100_000 + b"]" * 100_000, (1, 0, 1)),
    ("an empty list.json", b"[]", (0, 0, 0)),
    ("a document and more.json", b"[\n" + GOOD[0] + b"\n]\n" + GOOD[1], (4, 0, 2)),
    ("formulas.csv", HEADER + ROW.replace(b"B,c9", b"=1+1,@SUM(A1)"), (1, 1, 0)),
    ("an open quote.csv", HEADER + ROW + ROW.replace(b"c9", b'"c9') + ROW, (2, 1, 1)),
    ("a quote inside.csv", HEADER + ROW.replace(b"c9", b'c"9') + ROW, (2, 1, 0)),
    ("too many fields.csv", HEADER + ROW.replace(b"c9", b"c9,c9") + ROW, (2, 0, 1)),
    ("no header.csv", ROW + ROW, (1, 0, 1)),
    ("a column twice.csv", HEADER.replace(b"kind", b"kind,kind") + ROW, (1, 0, 1)),
    ("only a header.csv", HEADER, (0, 0, 0)),
    ("nothing.csv", b"", (0, 0, 0)),
    ("no text.csv", HEADER + ROW.replace(b"c9", b"\xff") + ROW, (2, 0, 1)),
    ("NUL.csv", HEADER + ROW.replace(b"c9", b"\0") + ROW, (2, 0, 1)),
    ("a field of 20 MB.csv.gz", zipped(HEADER + ROW.replace(b"c9", b'"' + b"x" * (20 * MIB) + b'"') + ROW), (2, 0, 1)),
    ("a million commas.csv", HEADER + b"," * MIB + b"\n" + ROW, (2, 0, 1)),
    ("no rows.parquet", parquet({name: [] for name in FLAT}), (0, 0, 0)),
    ("other columns.parquet", parquet({"x": [1, 2]}), (2, 0, 2)),
    ("flat.parquet", parquet(FLAT), (1, 0, 0)),
    ("two\nlines.jsonl", LOG, (4, 0, 0)),
    ("\x1b[31mred.jsonl", LOG, (4, 0, 0)),
    ("-rf", LOG, (4, 0, 0)),
    ("%s %n {0} $1.jsonl", LOG, (4, 0, 0)),
    ("\u202egnp.jsonl", LOG, (4, 0, 0)),
    ("<script>alert(1)<", LOG, (4, 0, 0)),
    ("back\\slash.jsonl", LOG, (4, 0, 0)),
    ("x" * 255, LOG, (4, 0, 0)),
    (os.fsdecode(b"\xff\xfe.jsonl"), LOG, (4, 0, 0)),
)  # fmt: skip
# The lines of GOOD, the one row of the flat files, and two that are like no other.
ACCEPTED = len(GOOD) + 3


def ingest(folder: Path, *paths: object, **how: object) -> Ended:
    return zygote().run("ingest", *paths, "--warehouse", folder / "w.duckdb", "--json", **how)


def test_what_can_be_read_is_read_line_by_line_and_no_line_costs_its_neighbors(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for name, data, _ in READ:
        (logs / name).parent.mkdir(parents=True, exist_ok=True)
        (logs / name).write_bytes(data)
    ended = ingest(tmp_path, logs)
    assert (ended.code, ended.err.count("\n") < 20) == (0, True), ended.err
    found = {}
    for file in json.loads(ended.out):
        # Whichever of equal lines comes first is the one that is accepted: the name of its file decides.
        found[file["path"]] = (file["lines"], file["accepted"] + file["duplicate"], file["quarantined"])
    shown = {name: os.fsencode(name).decode("utf-8", "backslashreplace") for name, _, _ in READ}
    assert found == {shown[name]: (read, read - refused, refused) for name, _, (read, _, refused) in READ}
    accepted = {file["sha256"]: file["accepted"] for file in json.loads(ended.out)}
    assert sum(accepted.values()) == ACCEPTED


@pytest.mark.parametrize("name", ["a line of 200 MB alone.gz", "5 million brackets.gz", "half a million line feeds.gz"])
def test_no_small_file_takes_much_memory(name: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(next(data for other, data, _ in READ if other == name))
    ended = ingest(tmp_path, tmp_path / "log")
    assert (ended.code, json.loads(ended.out)[0]["accepted"]) == (0, 0)
    assert ended.memory_mb < MEMORY_MB


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


WORDS = zstd.train_dict([b"%d" % n + LOG for n in range(1000)], 1024)
BROKEN: dict[str, tuple[str, bytes]] = {
    "gzip, cut": ("x.gz", zipped(LOG)[:-30]),
    "gzip, cut in its trailer": ("x.gz", zipped(LOG)[:-1]),
    "gzip, wrong CRC": ("x.gz", flipped(zipped(LOG), -6)),
    "gzip, wrong length": ("x.gz", flipped(zipped(LOG), -1)),
    "gzip, flipped bit": ("x.gz", flipped(zipped(LOG), 60)),
    "gzip, something behind it": ("x.gz", zipped(LOG) + b"more"),
    "zstd, cut": ("x.zst", zstd.compress(LOG)[:-10]),
    "zstd, cut at a block": ("x.zst", zstd.compress(LOG)[:-1]),
    "zstd, something behind it": ("x.zst", zstd.compress(LOG) + b"more"),
    "gzip, another method": ("x.gz", b"\x1f\x8b\x07" + zipped(LOG)[3:]),
    "gzip, only two bytes": ("x.gz", b"\x1f\x8b"),
    "zstd, only four bytes": ("x.zst", b"\x28\xb5\x2f\xfd"),
    "zstd, a window of terabytes": ("x.zst", b"\x28\xb5\x2f\xfd\x00\xf8\x01\0\0"),
    "zstd, flipped bit": ("x.zst", flipped(zstd.compress(LOG), 30)),
    "zstd, a dictionary that is not there": ("x.zst", zstd.compress(LOG, zstd_dict=WORDS)),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_damaged_stream_ends_with_3_and_nothing_is_kept(what: str, tmp_path: Path) -> None:
    name, data = BROKEN[what]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "good.jsonl").write_bytes(LOG)
    (tmp_path / "logs" / name).write_bytes(data)
    ended = ingest(tmp_path, tmp_path / "logs")
    assert (ended.code, ended.out) == (3, "")
    assert f"badgeledger: {tmp_path}/logs/{name}: expected a whole compressed file; found " in ended.err
    assert "nothing of this run was kept" in ended.err
    (tmp_path / "logs" / name).unlink()
    assert json.loads(ingest(tmp_path, tmp_path / "logs").out)[0]["known"] is False


@pytest.mark.parametrize("data", [b"PAR1", parquet(FLAT)[:-20], b"PAR1" + bytes(100) + b"PAR1"])
def test_a_broken_parquet_file_ends_with_3(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    ended = ingest(tmp_path, tmp_path / "x")
    assert (ended.code, f"{tmp_path}/x: expected a Parquet file that opens; found " in ended.err) == (3, True), ended


LARGE = LOG * (2 * MIB // len(LOG))
BOMB = zipped(LARGE)


@pytest.mark.parametrize("bomb", [BOMB, zstd.compress(LARGE)], ids=["gzip", "zstd"])
def test_a_decompression_bomb_is_not_swallowed(bomb: bytes, tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(bomb)
    ended = ingest(tmp_path, tmp_path / "bomb", patches=["faults.patches:small_bomb"])
    assert ended.code == 3
    assert "at most 1,048,576 bytes when decompressed; found more" in ended.err
    assert ended.memory_mb < MEMORY_MB


def test_a_bomb_of_many_lines_is_found_before_one_of_them_is_read(tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(zstd.compress(b"\n" * (48 * MIB)))
    ended = ingest(
        tmp_path, tmp_path / "bomb", patches=["faults.patches:bomb_of_blocks"], fault=f"{Point.BLOCK_READ}=EIO"
    )
    assert (ended.code, "at most 33,554,432 bytes when decompressed; found more" in ended.err) == (3, True), ended


def test_what_is_no_regular_file_is_named_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "itself").symlink_to(tmp_path / "itself")
    for path, found in (
        (tmp_path / "pipe", "a special file"),
        (Path("/dev/zero"), "a special file"),
        (tmp_path / "nowhere", "nothing there"),
        (tmp_path / "itself", "nothing there"),
        (tmp_path / "missing", "nothing there"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        ended = ingest(tmp_path, path)
        assert (ended.code, found in ended.err) == (3, True), ended


def test_a_pipe_that_took_the_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(LOG)
    running = zygote().start(
        *("ingest", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--warehouse", tmp_path / "w.duckdb"),
        fault=f"{Point.SOURCE_OPENED}=stop",
    )
    running.until_stopped()
    (tmp_path / "b.jsonl").unlink()
    os.mkfifo(tmp_path / "b.jsonl")
    ended = running.go_on()
    assert (ended.code, "b.jsonl: expected a regular file" in ended.err) == (3, True), ended


@pytest.mark.parametrize("point", [Point.SOURCE_OPENED, Point.BLOCK_READ])
def test_a_file_that_the_disk_no_longer_gives_ends_with_3(point: Point, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LOG)
    ended = ingest(tmp_path, tmp_path / "a.jsonl", fault=f"{point}=EIO")
    assert (ended.code, "a.jsonl: expected a file that can be read; found Input/output error" in ended.err) == (3, True)


def test_a_file_that_nobody_may_read_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LOG)
    (tmp_path / "a.jsonl").chmod(0)
    ended = ingest(tmp_path, tmp_path / "a.jsonl", patches=["faults.patches:no_right_to_read"])
    assert (ended.code, "a.jsonl: expected a file that can be read; found Permission denied" in ended.err) == (3, True)
