"""A report folder appears whole or not at all, and the same rows give the same bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import fake_report
import pytest

from badgeledger import warehouse
from badgeledger.errors import InternalCheckFailed
from badgeledger.reports import folder, publish, tables

OWNER = Path("/somewhere/ledger.duckdb")


def connection(rows: int = 300) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    fake_report.fill(con, rows)
    return con


def published(con: duckdb.DuckDBPyConnection, target: Path, formats: tuple[str, ...] = ("csv",)) -> publish.Published:
    return publish.publish(con, target, fake_report.context(), owner=OWNER, formats=formats)


def content(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(place.iterdir())}


def test_every_file_of_the_folder_stands_in_the_manifest_with_its_hash(tmp_path: Path) -> None:
    result = published(connection(), tmp_path / "report", ("csv", "parquet", "html", "xlsx"))
    files = content(result.folder)
    manifest = json.loads(files.pop("manifest.json"))
    assert set(files) == set(manifest["outputs"])
    assert len(files) == 2 * len(tables.TABLES) + 2
    for name, data in files.items():
        assert manifest["outputs"][name]["sha256"] == hashlib.sha256(data).hexdigest(), name
    assert manifest["outputs"]["issuances.csv"]["rows"] == manifest["outputs"]["issuances.parquet"]["rows"] == 300
    page = files["report.html"].decode()
    del manifest["outputs"]["report.html"]
    printed = hashlib.sha256(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert page.count(printed) == 2
    assert result.manifest_sha256 == hashlib.sha256((result.folder / "manifest.json").read_bytes()).hexdigest()


def test_the_same_content_is_kept_and_other_content_gets_the_next_number(tmp_path: Path) -> None:
    con = connection()
    first = published(con, tmp_path / "report")
    before = (tmp_path / "report" / "badges.csv").stat().st_mtime_ns
    again = published(con, tmp_path / "report")
    assert (first.kept, again.kept, again.folder) == (False, True, first.folder)
    assert (tmp_path / "report" / "badges.csv").stat().st_mtime_ns == before
    con.execute("delete from report.quarantine")
    assert published(con, tmp_path / "report").folder == tmp_path / "report.2"
    con.execute("delete from report.limits")
    assert published(con, tmp_path / "report").folder == tmp_path / "report.3"
    assert published(con, tmp_path / "report").kept


def test_a_damaged_folder_is_not_the_same_content(tmp_path: Path) -> None:
    con = connection()
    damaged = published(con, tmp_path / "report").folder / "badges.csv"
    damaged.write_bytes(damaged.read_bytes().replace(b"true", b"True", 1))
    assert published(con, tmp_path / "report").folder == tmp_path / "report.2"


def test_a_folder_of_somebody_else_is_left_alone_and_an_empty_one_is_used(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "notes.txt").write_text("mine")
    assert published(connection(), tmp_path / "report").folder == tmp_path / "report.2"
    assert content(tmp_path / "report") == {"notes.txt": b"mine"}
    (tmp_path / "empty").mkdir()
    assert published(connection(), tmp_path / "empty").folder == tmp_path / "empty"


def test_remains_of_a_killed_writer_are_removed_but_not_those_of_another_warehouse(tmp_path: Path) -> None:
    with folder.staged(tmp_path / "report", OWNER) as stage:
        mine = stage.name
    with folder.staged(tmp_path / "report", Path("/another/ledger.duckdb")) as stage:
        theirs = stage.name
    for name in (mine, theirs):
        (tmp_path / name).mkdir()
        (tmp_path / name / "badges.csv").write_text("half")
    published(connection(), tmp_path / "report")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([theirs, "report"])


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(publish, "write_html", full_disk)
    with pytest.raises(OSError, match="No space left"):
        published(connection(), tmp_path / "report", ("csv", "html"))
    assert list(tmp_path.iterdir()) == []


def test_files_and_folder_reach_the_disk_before_the_rename_and_the_parent_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations: list[tuple[str, str]] = []

    def logged(name: str, call: Callable[..., None]) -> Callable[..., None]:
        def wrapped(path: Path, *rest: object) -> None:
            operations.append((name, Path(path).name))
            call(path, *rest)

        return wrapped

    for module in (publish, folder):
        monkeypatch.setattr(module, "sync", logged("sync", warehouse.sync))
    monkeypatch.setattr(Path, "rename", logged("rename", os.rename))
    parent = tmp_path / "new" / "parent"
    result = published(connection(), parent / "report", ("csv", "parquet", "html", "xlsx"))
    renamed = next(place for place, (name, _) in enumerate(operations) if name == "rename")
    stage = operations[renamed][1]
    before = [name for _, name in operations[:renamed]]
    assert set(content(result.folder)) <= set(before)
    assert before[-2:] == ["manifest.json", stage]
    assert before[:2] == [tmp_path.name, "new"]
    assert operations[renamed + 1 :] == [("sync", "parent")]


def test_the_bytes_do_not_depend_on_threads_time_zone_language_or_the_order_of_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name, threads, zone in (("one", 1, "UTC"), ("many", 4, "Asia/Kolkata")):
        con = connection(3_000)
        con.execute(f"set threads = {threads}")
        if name == "many":
            monkeypatch.setenv("TZ", zone)
            monkeypatch.setenv("LANG", "de_DE.UTF-8")
            for (table,) in con.execute(
                "select table_name from duckdb_tables() where schema_name = 'report'"
            ).fetchall():
                con.execute(f"create table report.shuffled as select * from report.{table} order by random()")
                con.execute(f"drop table report.{table}")
                con.execute(f"alter table report.shuffled rename to {table}")
        found.append(content(published(con, tmp_path / name, ("csv", "parquet")).folder))
    assert found[0] == found[1]


def test_csv_shows_instants_with_six_decimals_and_none_as_empty() -> None:
    con = connection(0)
    con.execute("delete from report.badges")
    con.execute("""
        insert into report.badges values
            ('b', 'Müller, "x"', '', 'EARN', false, timestamptz '2024-03-02 00:00:37.192+00',
             timestamptz '2024-03-02 05:30:00+05:30', null, 1, 2, 3, 4, 5),
            ('B', null, null, 'EARN', true, null, null, 'LIVE', 0, 0, 0, 0, 0)
    """)
    header, upper, lower = tables.csv_text(con, "badges").splitlines()
    assert header == ",".join(tables.TABLES["badges"].columns)
    assert upper == "B,,,EARN,true,,,LIVE,0,0,0,0,0"
    assert lower == ('b,"Müller, ""x""",,EARN,false,2024-03-02T00:00:37.192000Z,2024-03-02T00:00:00.000000Z,,1,2,3,4,5')


def test_a_view_that_left_the_contract_is_not_published() -> None:
    con = connection(0)
    con.execute("alter table report.limits rename column number to amount")
    with pytest.raises(InternalCheckFailed, match=r"report\.limits.*number.*amount"):
        tables.csv_text(con, "limits")


def test_what_a_table_held_before_changes_no_byte_of_its_parquet_file(tmp_path: Path) -> None:
    files = []
    for past in ((), (5,), (5, 7)):
        con = duckdb.connect()
        con.execute("CREATE SCHEMA report")
        con.execute("CREATE TABLE report.kept (id BIGINT, told_at BIGINT)")
        for number in (*past, 6):
            con.execute("DELETE FROM report.kept")
            con.execute("INSERT INTO report.kept VALUES ($1, $1)", [number])
        con.execute("CREATE VIEW report.told AS SELECT id, make_timestamptz(told_at) AS told_at FROM report.kept")
        files.append(tmp_path / f"{len(past)}.parquet")
        assert tables.write_rows(con, tables.table("told", "id", "told_at"), "parquet", files[-1]) == 1
    assert len({file.read_bytes() for file in files}) == 1
