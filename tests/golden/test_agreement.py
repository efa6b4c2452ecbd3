"""CSV, Parquet, manifest, workbook, page, terminal and exit code agree on every count of the samples' night.

What is expected is counted here from the CSV files, in plain Python.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import pytest
from golden.conftest import Night
from unit.test_html import Elements, unpacked
from unit.test_xlsx import Book

from badgeledger import cli
from badgeledger.reports.guides import guides
from badgeledger.reports.tables import TABLES
from badgeledger.reports.xlsx import SHEETS

AS_OF = datetime.fromisoformat("2026-03-01T00:00:00Z")


@cache
def rows(report: Path, table: str) -> list[dict[str, str]]:
    with (report / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def told(night: Night) -> dict[str, int]:
    """Every count that more than one door tells."""
    tables = {name: rows(night.report, name) for name in TABLES}
    breaches, findings, usage = tables["breaches"], tables["findings"], tables["usage"]
    headroom = Counter(int(row["headroom"]) for row in usage if row["headroom"])
    states = Counter(row["state"] for row in tables["expirations"])
    next_30 = [row for row in tables["expirations"] if row["state"] == "ACTIVE" and _within(row["expires_at"], 30)]
    return {
        **{name: len(found) for name, found in tables.items()},
        "breached issuances": len({row["row_key"] for row in breaches}),
        "breached badges": len({row["badge_id"] for row in breaches}),
        "breached customers": len({row["customer_id"] for row in breaches}),
        **{f"{level}s": sum(row["severity"] == level for row in findings) for level in ("error", "warning", "notice")},
        "counted": sum(row["counted"] == "true" for row in tables["issuances"]),
        "over now": sum(count for left, count in headroom.items() if left < 0),
        "at the limit": headroom[0],
        "one left": headroom[1],
        "next 30": len(next_30),
        "active": states["ACTIVE"],
        "expired": states["EXPIRED"],
        "new": sum(row["state"] == "new" for row in tables["changes"]),
    }


def _within(instant: str, days: int) -> bool:
    return bool(instant) and AS_OF < datetime.fromisoformat(instant) <= AS_OF + timedelta(days=days)


@pytest.fixture(scope="module")
def lines(night: Night) -> Counter[str]:
    """Lines read, accepted, duplicate and quarantined, summed over the inputs of the manifest."""
    found: Counter[str] = Counter()
    for entry in manifest(night)["inputs"]:
        found.update({name: entry[name] for name in ("lines", "accepted", "duplicate", "quarantined")})
    found["files"] = len(manifest(night)["inputs"])
    return found


def manifest(night: Night) -> dict[str, dict[str, dict[str, int]]]:
    return json.loads((night.report / "manifest.json").read_text())


def test_there_is_something_to_count(told: dict[str, int], lines: Counter[str]) -> None:
    assert {name for name, count in told.items() if not count} == set()
    assert lines["lines"] == lines["accepted"] + lines["duplicate"] + lines["quarantined"] > 900


def test_parquet_and_manifest_count_as_csv_does(night: Night, told: dict[str, int], lines: Counter[str]) -> None:
    outputs = manifest(night)["outputs"]
    for name in TABLES:
        assert pl.read_parquet(night.report / f"{name}.parquet").height == told[name], name
        assert outputs[f"{name}.csv"]["rows"] == outputs[f"{name}.parquet"]["rows"] == told[name], name
    assert lines["quarantined"] == told["quarantine"]


def test_the_workbook_counts_as_csv_does(night: Night, told: dict[str, int], lines: Counter[str]) -> None:
    book = Book(night.report / "report.xlsx")
    summary = {str(row.get("A", "")): row.get("B") for row in book.rows("Summary")}
    for table, sheet in SHEETS.items():
        expected = told[table] if table in TABLES else lines["files"]
        assert len(book.table(sheet)) == summary[sheet] == expected, sheet
    others = {
        "Counted issuances": told["counted"],
        "Issuances": told["issuances"],
        "Lines read": lines["lines"],
        "Lines in quarantine": told["quarantine"],
        "Findings of severity error": told["errors"],
        "Findings of severity warning": told["warnings"],
        "Expire in 30 days": told["next 30"],
    }
    assert {name: summary[name] for name in others} == others
    codes = Counter(row["code"] for row in rows(night.report, "findings"))
    assert {code: summary[guides()[code].fails] for code in codes} == codes


def test_the_page_counts_as_csv_does(night: Night, told: dict[str, int], lines: Counter[str]) -> None:
    page = (night.report / "report.html").read_text(encoding="utf-8")
    # Each number is a link of its own, whose text ends before the comma.
    text = Elements(page).text.replace(" ,", ",")
    for words in (
        "{breached issuances:,} issuances of {breached badges:,} badges went over a limit: {breaches:,} breaches,"
        " {breached customers:,} customers. {errors:,} findings of severity error, {warnings:,} warnings."
        " {quarantine:,} lines of the input could not be read",
        "{breaches:,} breaches {breached badges:,} badges, {breached customers:,} customers",
        "{findings:,} findings {errors:,} errors, {warnings:,} warnings, {notices:,} notices",
        "{at the limit:,} subjects at the limit {one left:,} with one left, {over now:,} over now",
        "{next 30:,} expire in 30 days {active:,} active, {expired:,} expired",
        "{counted:,} counted issuances of {issuances:,} rows, {badges:,} badges",
        "{new:,} new",
    ):
        assert words.format(**told) in text
    assert (
        f"{lines['lines']:,} lines read = {lines['accepted']:,} accepted + {lines['duplicate']:,} duplicate"
        f" + {lines['quarantined']:,} in quarantine" in text
    )
    assert f"of {lines['lines']:,} read from {lines['files']:,} files" in text
    for name in ("breaches", "findings", "changes"):
        document = unpacked(page, name)
        assert document["rows"] == document["total"] == told[name], name
    for code, count in Counter(row["code"] for row in rows(night.report, "findings")).items():
        assert f'href="#/findings?code={code}">{count:,}</a>' in page
    for reason, count in Counter(row["reason"] for row in rows(night.report, "quarantine")).items():
        shown = rf'<code>{reason}</code>(<small>[^<]*</small>)?</th><td class="r">(<a [^>]*>)?{count:,}(</a>)?</td>'
        assert re.search(shown, page), reason


def test_terminal_and_exit_code_count_as_csv_does(
    night: Night, told: dict[str, int], lines: Counter[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert night.code == 4
    assert f"{told['breaches']:,}" in night.err.rpartition("found")[2]
    for words in (
        "nightly: {breaches:,} breaches, {findings:,} findings ({errors:,} errors)",
        "{counted:,} of {issuances:,} issuances on {badges:,} badges",
        "first report: {new:,} new",
    ):
        assert words.format(**told) in night.out
    assert (
        f"{lines['lines']:,} read = {lines['accepted']:,} accepted + {lines['duplicate']:,} duplicate"
        f" + {lines['quarantined']:,} quarantined ({lines['files']:,} files)" in night.out
    )
    assert cli.run_command(["status", "--warehouse", str(night.warehouse), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    names = ("badges", "issuances", "breaches", "findings")
    assert {name: status[name] for name in names} == {name: told[name] for name in names}
    assert (status["lines"], status["files"], status["quarantined"]) == (
        lines["lines"], lines["files"], told["quarantine"],
    )  # fmt: skip
