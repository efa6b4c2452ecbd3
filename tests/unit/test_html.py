"""report.html: one file that needs nothing else, shows hostile text as text, and agrees with the tables."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import fake_report
import pytest

from badgeledger.reports import data, html
from badgeledger.reports.context import ReportContext
from badgeledger.reports.facts import ask, read_facts, verdict
from badgeledger.reports.guides import guides
from badgeledger.reports.html import PAGE_BYTES, render_html
from badgeledger.reports.text import limit_words

ASSETS = Path(data.__file__).parent / "assets"


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes, its visible text, and the texts of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inside: list[str] = []
        self.words: list[str] = []
        self.raw: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("style", "script", "template"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.raw[self.inside[-1]] = self.raw.get(self.inside[-1], "") + data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        fake_report.fill(connection, 3_000)
        yield connection


@pytest.fixture(scope="module")
def page(con: duckdb.DuckDBPyConnection) -> str:
    return render_html(con, fake_report.context())


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def unpacked(page: str, name: str) -> Any:
    found = re.search(f'<template id="data-{name}">([^<]*)</template>', page)
    assert found
    return json.loads(gzip.decompress(base64.b64decode(found.group(1))))


def test_nothing_in_the_page_refers_to_anything_outside(elements: Elements) -> None:
    for tag, attributes in elements.tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form[action]"), tag
        for name, value in attributes.items():
            if name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href"):
                assert value.startswith("#"), (tag, name, value)
    own = elements.raw["style"] + elements.raw["script"]
    assert not re.search(r"https?://|//[a-z]+\.[a-z]|@import|url\(", own)


def test_no_element_has_a_style_or_a_handler_of_its_own(elements: Elements) -> None:
    names = {name for _, attributes in elements.tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_the_policy_admits_exactly_the_style_and_the_script_of_the_page(page: str, elements: Elements) -> None:
    policies = [one["content"] for tag, one in elements.tags if tag == "meta" and "http-equiv" in one]
    assert len(policies) == 1

    def source(tag: str) -> str:
        bodies = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(bodies) == 1
        return "sha256-" + base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()

    rules = dict(rule.split(" ", 1) for rule in policies[0].split("; "))
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'{source('style')}'",
        "script-src": f"'{source('script')}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_hostile_names_stay_visible_text(page: str, elements: Elements) -> None:
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert sum(tag == "script" for tag, _ in elements.tags) == 1
    assert "<script>alert(1)</script> =HYPERLINK(\"x\") \\x1b[31mred \\u202egnp.exe & 'quotes'" in elements.text


def test_a_hostile_report_name_ends_neither_the_style_nor_the_page(con: duckdb.DuckDBPyConnection) -> None:
    name = '</style><script>alert(1)</script>"; } * { display: none } \u202e'
    found = Elements(render_html(con, fake_report.context(name=name)))
    assert sum(tag == "script" for tag, _ in found.tags) == 1
    assert "</style>" not in found.raw["style"]
    assert "display: none } " not in found.raw["style"].rpartition("@page {")[2]


def test_the_first_screen_states_verdict_counts_and_times_without_scripts(
    con: duckdb.DuckDBPyConnection, page: str, elements: Elements
) -> None:
    head = Elements(page[page.index("<header") : page.index("</header>")]).text
    one = con.execute("select count(*), count(distinct row_key) from report.breaches").fetchone()
    assert one
    assert "Limits were broken" in head
    assert f"{one[1]:,} issuances of 6 badges went over a limit: {one[0]:,} breaches" in head
    assert "As of 2024-09-17 00:00:00 UTC 2024-09-17 05:30:00 Asia/Kolkata" in head
    assert "Newest event 2024-09-16 23:00:00 UTC" in head
    assert f"Known at 7 inputs {fake_report.context().known_digest[:16]}" in head
    assert "Days are cut in Asia/Kolkata" in head
    assert not any("hidden" in attributes for tag, attributes in elements.tags if tag in ("section", "header", "main"))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("{} breaches", "select count(*) from report.breaches"),
        ("{} findings", "select count(*) from report.findings"),
        ("{} lines in quarantine", "select count(*) from report.quarantine"),
        ("{} counted issuances", "select count(*) from report.issuances where counted"),
        ("{} subjects at the limit", "select count(*) from report.usage where headroom = 0"),
        ("{} lines read =", "select sum(lines)::bigint from report.input_file"),
        ("All badges {}", "select count(*) from report.expirations where state = 'EXPIRED' "
         "and expires_at > timestamptz '2024-09-17 00:00:00+00' - interval 90 day"),
    ],
)  # fmt: skip
def test_counts_are_those_of_the_tables(
    con: duckdb.DuckDBPyConnection, elements: Elements, words: str, count: str
) -> None:
    found = con.execute(count).fetchone()
    assert found
    assert found[0] > 0
    assert words.format(f"{found[0]:,}") in elements.text


def test_every_breach_is_embedded_with_its_evidence(con: duckdb.DuckDBPyConnection, page: str) -> None:
    document = unpacked(page, "breaches")
    rows = con.execute(
        "select row_key, limit_name, customer_id, count, epoch_us(processed_at), epoch_us(window_start), "
        "epoch_us(window_end), breach_id from report.breaches "
        "order by processed_at desc, row_key, badge_id, limit_name"
    ).fetchall()
    columns = document["columns"]
    assert document["rows"] == document["total"] == len(rows)
    decoded = zip(
        *(words_of(columns[name]) for name in ("row_key", "limit_name", "customer_id")),
        *(numbers_of(columns[name]) for name in ("count", "processed_at")),
        *(bounds_of(columns, name) for name in ("window_start", "window_end")),
        strict=True,
    )
    assert [(*row, f"{row[0]}~{document['codes'][row[1]]}") for row in decoded] == rows


def words_of(column: dict[str, Any]) -> list[str]:
    return column["t"].split("\n") if column["k"] == "t" else [column["d"][place] for place in column["i"]]


def numbers_of(column: dict[str, Any]) -> list[int | None]:
    values, before = [], 0
    for step in column["n"]:
        before = before if step is None else before + step
        values.append(None if step is None else before)
    return values


def bounds_of(columns: dict[str, Any], name: str) -> list[int | None]:
    base = numbers_of(columns[columns[name]["clock"]])
    found = []
    for place, clock in zip(columns[name]["i"], base, strict=True):
        bound = columns[name]["d"][place]
        found.append(None if bound is None else bound[1] + (clock if bound[0] else 0))
    return found


def test_a_span_holds_as_many_issuances_as_its_breach_counts(con: duckdb.DuckDBPyConnection, page: str) -> None:
    evidence = unpacked(page, "evidence")
    counts = dict(con.execute("select breach_id, count from report.breaches").fetchall())
    limits = dict(con.execute("select breach_id, limit_name from report.breaches").fetchall())
    assert {limits[breach] for breach in evidence["spans"]} == set(limits.values())
    assert all(len(inside) == counts[breach] for breach, inside in evidence["spans"].items())
    clocks = numbers_of(evidence["clocks"])
    breach = max(evidence["spans"], key=lambda one: (counts[one], one))
    start, end = con.execute(
        "select epoch_us(window_start), epoch_us(window_end) from report.breaches where breach_id = $1", [breach]
    ).fetchone() or (0, 0)
    inside = [clocks[place] or 0 for place in evidence["spans"][breach]]
    assert (start is None or min(inside) >= start) and max(inside) < end


def test_what_is_cut_is_said(con: duckdb.DuckDBPyConnection) -> None:
    page = render_html(con, fake_report.context(page_rows=50))
    total = con.execute("select count(*) from report.breaches").fetchone()
    assert total
    assert f"50 of {total[0]:,}, newest; the rest in breaches.parquet" in Elements(page).text
    assert unpacked(page, "breaches")["rows"] == 50
    assert unpacked(page, "breaches")["total"] == total[0]


def test_how_many_calendars_can_be_chosen_is_said(
    con: duckdb.DuckDBPyConnection, elements: Elements, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "every badge can be chosen" in elements.text
    monkeypatch.setattr("badgeledger.reports.facts.CALENDARS_SHOWN", 2)
    page = render_html(con, fake_report.context())
    assert "2 of 6 can be chosen, those with the most breaches, and badgeledger cycles BADGE shows any" in (
        Elements(page).text
    )
    assert len(unpacked(page, "cycles")["badge_names"]) == 2


def test_how_many_changes_are_embedded_is_said(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badgeledger.reports.html.CHANGES_SHOWN", 10)
    page = render_html(con, fake_report.context())
    told = con.execute("select count(*) from report.changes where state <> 'gone-before'").fetchone()
    assert told
    assert f"10 of {told[0]:,}: those that are not still open first" in Elements(page).text
    document = unpacked(page, "changes")
    assert (document["rows"], document["total"]) == (10, told[0])
    assert "still-open" not in words_of(document["columns"]["state"])


def test_each_sheet_names_the_manifest_by_its_hash(con: duckdb.DuckDBPyConnection) -> None:
    found = Elements(render_html(con, fake_report.context(), {"a.csv": "0" * 64}, "5" * 64))
    assert f"manifest {'5' * 64}" in found.raw["style"].rpartition("@page {")[2]
    assert found.text.count("5" * 64) == 1
    without = Elements(render_html(con, fake_report.context())).raw["style"].rpartition("@page {")[2]
    assert f"inputs {fake_report.context().known_digest}" in without
    assert "manifest" not in without


def test_columns_leave_before_the_page_grows_over_its_budget() -> None:
    with duckdb.connect() as con:
        fake_report.fill(con, 230_000)
        page = render_html(con, fake_report.context())
    document = unpacked(page, "breaches")
    assert document["rows"] == 100_000
    assert len(page.encode()) <= PAGE_BYTES
    left = [name for name in data.SPARE_COLUMNS if name not in document["columns"]]
    assert left
    assert f"Left out here to keep the page under 3 MB: {', '.join(left)}." in Elements(page).text


def test_rows_leave_where_no_column_can_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    room = 300_000
    for budget in ("_BUDGET", "_LEAST_BUDGET"):
        monkeypatch.setattr(html, budget, room + html._OTHERS_BYTES)
    with duckdb.connect() as con:
        fake_report.fill(con, 20_000)
        page = render_html(con, fake_report.context())
    tables = {name: unpacked(page, name) for name in ("breaches", "findings", "evidence", "changes", "cycles")}
    shown, total = tables["breaches"]["rows"], tables["breaches"]["total"]
    assert 0 < shown < total
    assert f"{shown:,} of {total:,}, newest" in Elements(page).text
    assert 0.7 * room < sum(len(data.pack(table)) for table in tables.values()) <= room


def test_zero_a_dash_and_no_definition_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    elements = Elements(render_html(con, fake_report.context(not_judged=("straddle",))))
    assert "✓ 0 No issue overlaps an earlier one overlapping-issue" in elements.text
    assert "– – not judged: Nobody exceeds the number across two cycles? straddle" in elements.text


def test_a_code_under_which_lines_were_refused_did_not_pass(con: duckdb.DuckDBPyConnection, elements: Elements) -> None:
    passed = "0 Every value is in its list invalid-enum"
    assert passed in elements.text
    con.execute("begin")
    con.execute("update report.quarantine set reason = 'invalid-enum' where source_line = 1")
    text = Elements(render_html(con, fake_report.context())).text
    con.execute("rollback")
    assert passed not in text
    assert "invalid-enum A record whose meaning is unclear is not counted" in text


def test_an_empty_report_says_that_there_is_nothing_to_judge() -> None:
    with duckdb.connect() as con:
        fake_report.empty(con)
        text = Elements(render_html(con, fake_report.context())).text
    assert "There is nothing to judge" in text
    assert "Newest event –" in text
    assert "0 lines read = 0 accepted + 0 duplicate + 0 in quarantine" in text


def test_a_clean_report_is_clean() -> None:
    with duckdb.connect() as con:
        fake_report.fill(con, 100)
        for table in ("breaches", "findings", "quarantine"):
            con.execute(f"delete from report.{table}")
        found = verdict(read_facts(con, fake_report.context()))
    assert found.level == "clean"
    assert found.headline == "Nothing is wrong"


def test_the_same_rows_give_the_same_bytes_in_any_zone_and_language(tmp_path: Path) -> None:
    program = (
        "import duckdb, fake_report\nfrom pathlib import Path\nfrom badgeledger.reports.html import write_html\n"
        "con = duckdb.connect()\nfake_report.fill(con, 500)\n"
        "write_html(con, Path('report.html'), fake_report.context())\n"
    )
    digests = set()
    for threads, zone, language in ((0, "UTC", "C"), (1, "America/New_York", "de_DE.UTF-8")):
        folder = tmp_path / str(threads)
        folder.mkdir()
        paths = os.pathsep.join((str(Path(fake_report.__file__).parent), str(ASSETS.parents[2])))
        environment = {**os.environ, "PYTHONPATH": paths, "TZ": zone, "LANG": language, "PYTHONHASHSEED": str(threads)}
        subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, check=True)
        digests.add(hashlib.sha256((folder / "report.html").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_every_finding_code_has_its_guide() -> None:
    codes = set(guides())
    assert {"duplicate-request", "no-input", "straddle", "invalid-enum", "outside-every-cycle"} <= codes
    assert len(codes) == 28
    for guide in guides().values():
        assert all((guide.fails, guide.passes, guide.why, guide.do))
        assert guide.fails != guide.passes


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CUSTOMER:FIXED_WINDOW:DAYS:5", "per customer, each 5 days"),
        ("CUSTOMER:FIXED_WINDOW:DAYS:1", "per customer, each day"),
        ("BADGE:FIXED_WINDOW:WEEKS:TUESDAY", "all customers together, each week from Tuesday"),
        ("CUSTOMER:FIXED_WINDOW:MONTHS", "per customer, each calendar month"),
        ("BADGE:ROLLING_WINDOW:MONTHS:1", "all customers together, in any month"),
        ("CUSTOMER:ROLLING_WINDOW:WEEKS:2", "per customer, in any 2 weeks"),
        ("CUSTOMER:FIXED_VALUE", "per customer, over the badge’s whole life"),
    ],
)
def test_a_limit_is_named_in_words(name: str, words: str) -> None:
    assert limit_words(name) == words


def test_every_query_says_its_grain_and_runs(con: duckdb.DuckDBPyConnection) -> None:
    values = {"many": 5, "cycles": 5, "as_of_us": 1, "days": 90, "length": 10, "clock": "processed"}
    for query in sorted((ASSETS.parent / "queries").glob("*.sql")):
        assert query.read_text(encoding="utf-8").startswith("-- One row"), query.name
        # Those of replay read relations of their own and run in test_replay_page.
        if not query.stem.startswith("replay_"):
            ask(con, query.stem, **values, badge_wide=5, longest=5, state="new")


def test_text_is_readable_on_its_ground_in_both_themes() -> None:
    style = (ASSETS / "report.css").read_text(encoding="utf-8")
    colors = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", style)
    grounds = {
        "hot": ["hot-wash"],
        "warm": ["warm-wash"],
        "fine": ["fine-wash"],
        "soft": ["sunk", "hot-wash", "warm-wash"],
    }
    for theme in (1, 2):
        value = {color[0]: color[theme] for color in colors}
        for ink in ("ink", "soft", "link", "hot", "warm", "fine", "calm"):
            for ground in ("paper", "card", *grounds.get(ink, [])):
                assert contrast(value[ink], value[ground]) >= 4.5, (theme, ink, ground)


def contrast(one: str, other: str) -> float:
    """The contrast of two colors after WCAG."""

    def light(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_context_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        fake_report.context(as_of=fake_report.AS_OF.replace(tzinfo=None))


def test_the_digest_of_inputs_does_not_depend_on_their_order() -> None:
    known = fake_report.context().known_at
    reverse: ReportContext = fake_report.context(known_at=tuple(reversed(known)))
    assert reverse.known_digest == fake_report.context().known_digest
    assert fake_report.context(known_at=known[1:]).known_digest != reverse.known_digest


def test_a_cycle_in_which_the_clock_changes_says_so() -> None:
    with duckdb.connect() as con:
        fake_report.fill(con, 100)
        text = Elements(render_html(con, fake_report.context(zone="America/New_York"))).text
        plain_days = Elements(render_html(con, fake_report.context(zone="Asia/Kolkata"))).text
    assert "* 2024-03-10 has 23 hours: the clock changes in cycle" in text
    assert "has 23 hours" not in plain_days


def test_room_again_is_when_the_oldest_that_fits_leaves(con: duckdb.DuckDBPyConnection, page: str) -> None:
    """Of 4 in any 7 days: 7 days after the fourth from the end of the span."""
    evidence = unpacked(page, "evidence")
    clocks = numbers_of(evidence["clocks"])
    rolling = {breach for breach in evidence["spans"] if breach.endswith("~CRD7")}
    assert rolling == set(evidence["free"])
    for breach in rolling:
        inside = sorted(clocks[place] or 0 for place in evidence["spans"][breach])
        assert evidence["free"][breach] == inside[-4] + 7 * 86_400_000_000
