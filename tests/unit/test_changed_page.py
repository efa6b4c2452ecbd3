"""The part of report.html that says what became of each flag: figures, links, causes, waivers, and what differs."""

from __future__ import annotations

import re
from html import escape

import duckdb
import fake_report
import pytest

from badgeledger.reports.changed import COUNTED
from badgeledger.reports.html import render_html
from badgeledger.text import plain


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    fake_report.fill(connection, 2_000)
    return connection


@pytest.fixture(scope="module")
def page(con: duckdb.DuckDBPyConnection) -> str:
    return render_html(con, fake_report.context())


def top(page: str) -> str:
    return page[page.index('class="since"') : page.index('<ul class="tiles">')]


def test_the_top_links_the_count_of_each_state(page: str, con: duckdb.DuckDBPyConnection) -> None:
    for state, name, _ in COUNTED:
        row = con.execute("select count(*) from report.changes where state = $1", [state]).fetchone()
        assert row is not None and row[0] > 0
        link = f'<a href="#changes-{state}" data-rows="#/changes?state={state}">'
        assert f"{link}<b>{row[0]:,}</b> {name}</a>" in top(page)
        assert page.count(f'id="changes-{state}"') == 1
    assert "gone-before" not in page


def test_a_banner_says_what_differs_from_the_report_before(page: str) -> None:
    assert "Counts are not comparable with the report before." in top(page)
    assert "Setting <code>zone</code> was <code>UTC</code>, is <code>Asia/Kolkata</code>" in top(page)
    assert "Software <code>badgeledger</code> was <code>0.0.9</code>, is <code>0.1.0</code>." in top(page)


def test_what_is_cut_is_said_and_hostile_text_stays_text(page: str, con: duckdb.DuckDBPyConnection) -> None:
    row = con.execute("select count(*) from report.changes where state = 'new'").fetchone()
    assert row is not None and row[0] > 20
    section = page[page.index('<section id="changes"') : page.index('<section id="breaches"')]
    assert f"20 of {row[0]:,} shown; all are in <code>changes.csv</code>." in section
    hostile = escape(plain(fake_report.HOSTILE)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    assert f"<bdi>{hostile}</bdi>:7" in section
    assert re.search(r"<script>alert", section) is None


def test_waivers_are_named_with_what_came_of_them(page: str) -> None:
    assert "meets no flag</span>" in page
    assert "agreed (the sponsor, until 2025-01-01)" in page


def test_the_first_report_says_that_it_is_compared_with_none() -> None:
    connection = duckdb.connect()
    fake_report.fill(connection, 50)
    connection.execute("delete from report.comparison")
    first = render_html(connection, fake_report.context())
    assert "The first report: it is compared with none, and every flag is new." in top(first)
    assert "not comparable" not in top(first)
