"""`--pseudonymize KEYFILE`: nothing that is published holds a customer id, and everything else stays as it is."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import hmac
import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import harness
import polars as pl
import pytest

from badgeledger import cli, pipeline
from badgeledger.keys import Key
from badgeledger.reports.pseudonyms import Pseudonyms
from badgeledger.reports.tables import TABLES
from badgeledger.settings import load
from badgeledger.warehouse import Warehouse

REPOSITORY = Path(__file__).resolve().parents[2]
PIPELINE = harness.nightly(
    'as_of = "2026-03-01T00:00:00Z"',
    "max_quarantined = 0.5",
    'waivers = "waivers.toml"',
    more="[check]\nself_check = 0",
)
WAIVERS = """
[[waiver]]
badge = "650cd900f0210a1952000006"
limit = "CUSTOMER:FIXED_WINDOW:WEEKS:MONDAY"
customer = "71000007"
reason = "customer 71000007 was told so"
who = "Loyalty"
until = 2026-12-31
"""
KEY, OTHER = b"one key of many bytes\n", b"another key of many bytes\n"
# A file, a request and a refused line that hold a customer id, and an answer that contradicts its request.
LATE = {
    "logs/of-customer-71000007.jsonl": [
        harness.earn("650cd900f0210a1952000006", "71000007", "2023-10-08T23:59:59.5Z", rid="71000007-2023"),
        '{"customer": "71000007", "what is this?"',
    ]
}
LATE_EARNS = [
    harness.definition(limits=[harness.fixed_value(1)]),
    harness.earn("B", "71000007", "2024-02-01T00:00:00Z", rid="71000007-1"),
    harness.earn("B", "71000007", "2024-02-02T00:00:00Z", rid="2"),
]
FACTS = {"customer_id", "request_id", "issuance_id", "detail", "source_file", "cause_file", "raw"}


def run(*arguments: object, code: int = 0) -> None:
    assert cli.run_command([str(argument) for argument in arguments]) == code


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights on the samples under a key, the second with customers in names; beside them the last night under
    another key, under the same again, and without any."""
    base = tmp_path_factory.mktemp("pseudonyms")
    shutil.copytree(REPOSITORY / "data-samples" / "logs", base / "logs")
    (base / "one.key").write_bytes(KEY)
    (base / "other.key").write_bytes(OTHER)
    (base / "waivers.toml").write_text(WAIVERS)
    (base / "plain.toml").write_text(PIPELINE)
    (base / "nightly.toml").write_text(PIPELINE + '\n[reports]\npseudonymize = "one.key"\n')
    run("run", base / "nightly.toml")
    for name, data in harness.files_of(LATE).items():
        (base / name).write_bytes(data)
    run("run", base / "plain.toml", "--pseudonymize", base / "one.key", "--as-of", "2026-03-02T00:00:00Z")
    named = ("report", "--warehouse", base / "ledger.duckdb")
    run(*named, "--pseudonymize", base / "other.key", "--out", base / "other")
    run(*named, "--out", base / "again")
    run(*named, "--pipeline", base / "plain.toml", "--as-of", "2026-03-02T00:00:00Z", "--out", base / "plain")
    return base


def customers(base: Path) -> set[str]:
    """Every customer id that stands in any relation of the warehouse."""
    with Warehouse.open(base / "ledger.duckdb", read_only=True) as opened:
        holders = opened.con.execute(
            "SELECT schema_name, table_name FROM duckdb_columns() WHERE column_name = 'customer_id'"
            " AND database_name = current_database()"
        ).fetchall()
        found: set[str] = set()
        for schema, relation in holders:
            found |= {row[0] for row in opened.con.execute(f"SELECT customer_id FROM {schema}.{relation}").fetchall()}
    return {customer for customer in found if customer}


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """All text of a report folder, whatever it is packed in, with where it stands."""
    for path in sorted(folder.iterdir()):
        yield "file names", path.name
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            for name in frame.columns:
                yield f"{path.name}, {name}", "\n".join(map(str, frame[name].to_list()))
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                for member in book.namelist():
                    # A number is no text: the digits of an instant may be those of a customer.
                    yield f"{path.name}, {member}", re.sub(r"<v>[-0-9.E]*</v>", "", book.read(member).decode())
        else:
            text = path.read_text()
            yield path.name, text
            for number, packed in enumerate(re.findall(r"<template[^>]*>([^<]*)</template>", text)):
                document = json.loads(gzip.decompress(base64.b64decode(packed)))
                yield f"{path.name}, template {number}", "\n".join(strings(document))


def strings(document: object) -> Iterator[str]:
    """Every text in JSON, keys included."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for name, value in document.items():
            yield name
            yield from strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings(value)


def leaks(folder: Path, known: Iterable[str]) -> set[tuple[str, str]]:
    found = list(texts(folder))
    return {(where, customer) for customer in known for where, text in found if customer in text}


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("folder", ["reports/2026-03-01", "reports/2026-03-02", "other"])
def test_no_customer_id_stands_anywhere_in_the_folder(base: Path, folder: str) -> None:
    known = {customer for customer in customers(base) if len(customer) >= 6}
    assert len(known) > 100
    assert leaks(base / folder, known) == set()


def test_the_search_finds_what_a_report_without_key_holds(base: Path) -> None:
    places = {where for where, customer in leaks(base / "plain", ["71000007"])}
    assert {"breaches.csv", "breaches.parquet, customer_id", "quarantine.csv", "manifest.json"} <= places
    assert {"report.html, template 0", "report.xlsx, xl/worksheets/sheet3.xml"} <= places


def test_a_pseudonym_is_a_keyed_hash_of_the_customer(base: Path) -> None:
    expected = "p_" + hmac.new(KEY, b"71000007", hashlib.sha256).hexdigest()[:20]
    last = base / "reports/2026-03-02"
    assert expected in {row["customer_id"] for row in rows(last, "breaches")}
    assert {row["request_id"] for row in rows(last, "issuances")} > {f"{expected}-2023"}
    (named,) = [
        entry["path"]
        for entry in json.loads((last / "manifest.json").read_text())["inputs"]
        if "of-cust" in entry["path"]
    ]
    assert named == f"of-customer-{expected}.jsonl"
    shown = {row["customer_id"] for name in TABLES for row in rows(last, name) if row.get("customer_id")}
    assert all(re.fullmatch("p_[0-9a-f]{20}", name) for name in shown)


def test_one_key_gives_the_same_bytes_and_another_other_names(base: Path) -> None:
    last = base / "reports/2026-03-02"
    names = [{row["customer_id"] for row in rows(folder, "usage")} - {""} for folder in (last, base / "again")]
    assert names[0] == names[1] != set()
    assert (last / "breaches.csv").read_bytes() == (base / "again" / "breaches.csv").read_bytes()
    assert names[0].isdisjoint(row["customer_id"] for row in rows(base / "other", "usage"))


def test_nothing_but_names_differs_from_the_report_without_key(base: Path) -> None:
    for name in TABLES:
        found = [
            sorted(tuple(value for column, value in row.items() if column not in FACTS) for row in rows(folder, name))
            for folder in (base / "reports/2026-03-02", base / "plain")
        ]
        assert found[0] == found[1], name
    known = {row["customer_id"] for row in rows(base / "plain", "issuances")}
    assert len(known) == len({row["customer_id"] for row in rows(base / "other", "issuances")})


def test_the_text_of_a_refused_line_becomes_its_length_and_hash(base: Path) -> None:
    line = str(LATE["logs/of-customer-71000007.jsonl"][1])
    shown = {row["raw"] for row in rows(base / "reports/2026-03-02", "quarantine")}
    assert f"{len(line)} characters, SHA-256 {hashlib.sha256(line.encode()).hexdigest()}" in shown
    assert all(re.fullmatch(r"\d+ characters, SHA-256 [0-9a-f]{64}", text) for text in shown)


def test_the_key_stays_in_its_file(base: Path) -> None:
    manifest = json.loads((base / "reports/2026-03-02/manifest.json").read_text())
    assert manifest["pseudonyms"] == Key(KEY).fingerprint != Key(OTHER).fingerprint
    assert "pseudonyms" not in json.loads((base / "plain/manifest.json").read_text())
    holders = [path for path in base.rglob("*") if path.is_file() and KEY.strip() in path.read_bytes()]
    assert holders == [base / "one.key"]


def test_reproduce_takes_the_same_key(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("reproduce", base / "reports/2026-03-02", "--warehouse", base / "ledger.duckdb")
    run(*asked, "--pseudonymize", base / "one.key")
    assert "identical" in capsys.readouterr().out
    run(*asked, code=2)
    assert "--pseudonymize KEYFILE" in capsys.readouterr().err
    run(*asked, "--pseudonymize", base / "other.key", code=2)
    assert Key(OTHER).fingerprint in capsys.readouterr().err


def test_verify_says_what_it_cannot_recount(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("verify", base / "reports/2026-03-02", "--warehouse", base / "ledger.duckdb")
    told = capsys.readouterr().out
    assert told.startswith("PASS")
    assert "recounted  no: customers are pseudonyms" in told
    assert "--pseudonymize KEYFILE" in told


@pytest.mark.parametrize("drawn", [(), ("--sample", "40")])
def test_verify_recounts_with_the_key(base: Path, drawn: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The second night, where customers stand in names of files, requests and refused lines."""
    asked = ("verify", base / "reports/2026-03-02", "--inputs", base / "logs", *drawn, "--pseudonymize")
    run(*asked, base / "one.key")
    told = capsys.readouterr().out
    assert told.startswith("PASS")
    assert "rows drawn with seed 0, from raw lines" in told if drawn else "every other table, from raw lines" in told
    run(*asked, base / "other.key", code=2)
    assert Key(OTHER).fingerprint in capsys.readouterr().err


def test_verify_finds_a_cell_that_another_customer_took(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One breach is told of somebody else, and every hash is made to agree with that."""
    folder = tmp_path / "forged"
    shutil.copytree(base / "reports/2026-03-02", folder)
    table, manifest = folder / "breaches.csv", json.loads((folder / "manifest.json").read_text())
    told = rows(folder, "breaches")
    mine, other = (
        told[0]["customer_id"],
        next(row["customer_id"] for row in told if row["customer_id"] != told[0]["customer_id"]),
    )
    table.write_bytes(table.read_bytes().replace(mine.encode(), other.encode(), 1))
    manifest["outputs"]["breaches.csv"]["sha256"] = hashlib.sha256(table.read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    run("verify", folder, "--inputs", base / "logs", "--pseudonymize", base / "one.key", code=7)
    assert "breaches.csv" in capsys.readouterr().out


def test_the_step_verify_recounts_with_the_key_of_its_run(tmp_path: Path) -> None:
    harness.write_files(tmp_path / "logs", harness.files_of({"of-customer-71000007.jsonl": LATE_EARNS}))
    (tmp_path / "one.key").write_bytes(KEY)
    (tmp_path / "waivers.toml").write_text(WAIVERS)
    steps = 'name = "nightly"\nsteps = ["ingest", "account", "check", "report", "verify"]'
    (tmp_path / "audit.toml").write_text(PIPELINE.replace('name = "nightly"', steps))
    verdict = pipeline.run(load(tmp_path / "audit.toml"), pseudonymize=tmp_path / "one.key").verdict
    assert verdict is not None and verdict.passed
    assert (verdict.recounted, verdict.breaches) == ("all", 1)


@pytest.mark.parametrize("secret", [None, b"", b"fifteen bytes.\n", b"x" * 65_537])
def test_a_file_that_is_no_key_is_refused(
    base: Path, tmp_path: Path, secret: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if secret is not None:
        (tmp_path / "bad.key").write_bytes(secret)
    run("run", base / "plain.toml", "--pseudonymize", tmp_path / "bad.key", code=2)
    assert "a key file of 16 to 65,536 bytes" in capsys.readouterr().err


def test_replay_is_no_step_beside_pseudonyms(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = 'name = "nightly"\nsteps = ["ingest", "account", "check", "report", "replay"]'
    (base / "replay.toml").write_text(PIPELINE.replace('name = "nightly"', steps))
    run("run", base / "replay.toml", "--pseudonymize", base / "one.key", code=2)
    assert "replay" in capsys.readouterr().err


def test_ids_in_texts_are_found_longest_first_and_undone() -> None:
    names = Pseudonyms(Key(KEY), ["123456", "1234567", "456789", "12345"])
    long, middle = names.names["1234567"], names.names["456789"]
    assert names.text("a-12345678, 456789 and 12345") == f"a-{long}8, {middle} and 12345"
    assert names.restored(names.text("a-12345678, 456789")) == "a-12345678, 456789"
    assert names.restored("p_" + "0" * 20) == "p_" + "0" * 20
