"""replay.html: one file that needs nothing else, shows hostile text as text, and agrees with the tables of replay."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from unit.test_html import Elements

from badgeledger.reports.context import ReportContext
from badgeledger.reports.replay_page import Asked, write_replay_page

HOSTILE = '<script>alert("1")</script>\u202e\x1b[31m'
RULES = {"zone": "UTC", "counted": "earn"}
OTHER = {
    "definitions": "other.duckdb",
    "limits": [
        {"name": HOSTILE, "limit": "BADGE:FIXED_VALUE", "number": 1000},
        {"badge": "B", "limit": "CUSTOMER:FIXED_VALUE", "remove": True, "from": "2024-02-01T00:00:00.000000Z"},
    ],
    "badges": [{"active": False, "owners": [], "settings": {"counted": "issue"}}, {"tag": "tier=gold", "active": True}],
}
ROWS = [
    ("B", "2024-01-01", "", "", 5, 7, 0, 0, 0),
    ("B", "2024-01-01", "customer-limit", "CUSTOMER:FIXED_VALUE", 3, 1, 3, 1, 4),
    ("B", "2024-03-04", "duplicate-request", "", 1, 1, 0, 0, 0),
    (HOSTILE, "2024-03-04", "badge-limit", "BADGE:FIXED_WINDOW:MONTHS", 0, 1, 0, 1, 2000),
    (HOSTILE, "2024-03-04", "", "", 1, 0, 0, 0, 0),
]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The relations of a replay of ten rows."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA report")
        connection.execute("CREATE TABLE report.badges AS SELECT $1 AS badge_id, $1 AS name", [HOSTILE])
        connection.execute(
            "CREATE TEMP TABLE comparison (badge_id VARCHAR, week DATE, reason VARCHAR, limit_name VARCHAR,"
            " decisions_a BIGINT, decisions_b BIGINT, gained BIGINT, lost BIGINT, breaches BIGINT)"
        )
        connection.executemany("INSERT INTO comparison VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", ROWS)
        connection.execute(
            "CREATE TEMP TABLE gains AS SELECT * FROM (VALUES ('B', $1, 1, 4, 3, 0), ('B', 'c2', 1, 0, 0, 1))"
            " AS one (badge_id, customer_id, admitted_a, admitted_b, gained, lost)",
            [HOSTILE],
        )
        connection.execute(
            "CREATE TEMP TABLE decision_totals AS SELECT badge_id, week AS day, reason, limit_name,"
            " decisions_b AS decisions, decisions_b AS same, 0 AS newly_admitted,"
            " CASE reason WHEN 'badge-limit' THEN 1 ELSE 0 END AS newly_rejected, breaches FROM comparison"
        )
        connection.execute(
            "CREATE TEMP TABLE chosen AS SELECT * FROM (VALUES ('limits[0]', 'X', $1, '', 0, 2),"
            " ('badges[1]', 'B', 'Gold', 'tier, tier=gold', 3, 1), ('badges[1]', 'A', '', 'tier=gold', 0, 0))"
            " AS one (entry, badge_id, badge_name, tags, gained, lost)",
            [HOSTILE],
        )
        yield connection


def page(con: duckdb.DuckDBPyConnection, folder: Path, *, compares: bool = True) -> str:
    as_of = datetime(2024, 5, 1, tzinfo=UTC)
    context = ReportContext("replay", as_of, (("logs/a.jsonl", "00"),), "UTC", RULES, {"badgeledger": "0"})
    asked = Asked(compares, RULES | {"counted": "both"}, OTHER if compares else None, (None, None))
    write_replay_page(con, folder / "replay.html", context, asked)
    return (folder / "replay.html").read_text()


def test_the_page_needs_nothing_but_itself(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = page(con, tmp_path)
    elements = Elements(text)
    for tag, attributes in elements.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "script"), tag
        assert not {name for name in attributes if name == "style" or name.startswith("on")}, tag
        assert attributes.get("href", "#").startswith("#")
    styles = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    assert len(styles) == 1
    assert not re.search(r"https?://|@import|url\(", styles[0])
    digest = base64.b64encode(hashlib.sha256(styles[0].encode()).digest()).decode()
    policy = next(one["content"] for tag, one in elements.tags if tag == "meta" and "http-equiv" in one)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_hostile_names_stay_visible_text(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    text = page(con, tmp_path)
    assert "\u202e" not in text
    assert "\x1b" not in text
    shown = '<script>alert("1")</script>\\u202e\\x1b[31m'
    # As a badge's name, as a customer, in the glob of an entry, and as the badge that it chooses.
    assert Elements(text).text.count(shown) >= 4


def test_the_page_agrees_with_the_tables(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    words = Elements(page(con, tmp_path)).text
    assert "The other rules admit 3 more and reject 2 more" in words
    assert "6 admitted 4 rejected" in words
    assert "7 admitted 3 rejected" in words
    assert "2,004 breaches of the audit" in words
    assert "1 customer gain" in words
    assert "1 customer lose" in words
    # A week without any decision is part of the time shown, and of no table.
    assert "2024-01-08" not in words
    assert "all customers together, each calendar month" in words


def test_badges_that_are_decided_alike_stand_aside(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("INSERT INTO comparison VALUES ('Z', '2024-01-02', '', '', 4, 4, 0, 0, 0)")
    aside = page(con, tmp_path).partition("1 badge decided alike on both sides</summary>")[2]
    first_row = Elements(aside.partition("<tbody>")[2].partition("</tbody>")[0]).text
    assert first_row.split() == "Z 4 4 4 0 0 0".split()


def test_the_question_is_told(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    words = Elements(page(con, tmp_path)).text
    for told in (
        "every badge the definitions of other.duckdb for all time all",
        "badges tagged tier=gold active = true for all time 2: A, Gold +3 −1",
        "BADGE:FIXED_VALUE: 1,000 allowed, where it is carried for all time",
        "badge B CUSTOMER:FIXED_VALUE: removed 2024-02-01T00:00:00Z 0 0 0",
        "every badge active = false, owners = none, settings = counted=issue for all time",
        "counted both earn",
        "Customers behave as they did.",
    ):
        assert told in words, told


def test_without_other_rules_the_record_is_the_other_side(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    words = Elements(page(con, tmp_path, compares=False)).text
    assert "1 accepted issuance would be rejected, 0 rejected would be admitted" in words
    assert "Recorded against replay" in words
    assert "8 admitted 2 rejected" in words
    assert "7 admitted 3 rejected" in words
    assert "Who gains" not in words


def test_a_log_of_nothing_has_a_page(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("DELETE FROM comparison")
    con.execute("DELETE FROM gains")
    words = Elements(page(con, tmp_path)).text
    assert "The other rules decide the same" in words
    assert "Nothing is rejected on either side." in words


def test_a_long_time_has_at_most_210_bars(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    con.execute("INSERT INTO comparison VALUES ('B', '2034-01-02', '', '', 1, 1, 0, 0, 0)")
    text = page(con, tmp_path)
    widths = {int(width) for width in re.findall(r'class="columns [a-z]+" viewBox="0 0 (\d+) ', text)}
    assert max(widths) <= 2100
    assert "11 decisions" in Elements(text).text
