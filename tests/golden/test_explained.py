"""Golden terminal pages of `explain` on the samples, and one thing that must hold of every breach of them."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from golden import explained, pictures

from badgeledger import ruling, runs
from badgeledger.decisions import make_decisions
from badgeledger.explain import explain
from badgeledger.explain.counts import BadgeLimits, Entry
from badgeledger.explain.ledger import Ledger
from badgeledger.explain.sentences import decision_sentence
from badgeledger.replay import EVER
from badgeledger.replayed import make_replayed
from badgeledger.warehouse import Warehouse


@pytest.mark.parametrize("name", explained.PAGES)
def test_the_story_is_the_golden_page(warehouse: Path, name: str) -> None:
    golden = (explained.STORIES / f"{name}.txt").read_text(encoding="utf-8")
    assert explained.written(warehouse, explained.PAGES[name]) == golden


def test_no_page_holds_what_a_terminal_would_obey() -> None:
    for page in explained.STORIES.glob("*.txt"):
        text = page.read_text(encoding="utf-8")
        assert all(character.isprintable() or character == "\n" for character in text), page.name


def test_explain_counts_every_row_as_the_engine_does(warehouse: Path, tmp_path: Path) -> None:
    """Over all rows and limits of the samples exactly the breaches of the report, with their counts and spans."""
    copy = tmp_path / "ledger.duckdb"
    shutil.copy(warehouse, copy)
    with Warehouse.open(copy) as opened:
        run = runs.require_last(opened)
        # Of one question nobody feels what planning the view takes, of thousands a test does.
        opened.con.execute("CREATE TABLE ledger.taken_out AS FROM ledger.entry")
        opened.con.execute("DROP VIEW ledger.entry")
        opened.con.execute("ALTER TABLE ledger.taken_out RENAME TO entry")
        ledger = Ledger(opened.con, run.rules, run.as_of, [])
        told, badges = set(), {}
        for row in ledger.rows(
            "SELECT row_no, row_key, badge_id, customer_id, version_no, processed_at, event_at, counted"
            " FROM ledger.entry WHERE version_no IS NOT NULL ORDER BY row_no"
        ):
            limits = badges.setdefault(row["badge_id"], None) or BadgeLimits(ledger, row["badge_id"])
            badges[row["badge_id"]] = limits
            for count in limits.counts(Entry(**row)):
                assert count.counted or not count.excess
                assert sum(fits + over for _, fits, over in count.timeline) == count.count
                if count.excess:
                    told.add((count.breach_id, count.number, count.count, count.span_from, count.span_to))
        rows = opened.con.execute(
            "SELECT breach_id, number, count, epoch_us(window_start), epoch_us(window_end) FROM report.breaches"
        ).fetchall()
    assert len(rows) > 100
    assert told == set(rows)


def test_the_page_says_of_every_breach_what_replay_says(warehouse: Path) -> None:
    """Of each issuance over a limit the decision of a replay of everything, and in the words of `explain`."""
    page = (warehouse.parent / "report" / "report.html").read_text(encoding="utf-8")
    texts = dict(re.findall(r'<template id="data-(\w+)">([^<]*)</template>', page))
    told, facts = (json.loads(gzip.decompress(base64.b64decode(texts[name]))) for name in ("breaches", "page"))
    rows, replay = (_words(told["columns"][name]) for name in ("row_key", "replay"))
    with Warehouse.open(warehouse, read_only=True) as opened:
        run = runs.require_last(opened)
        make_decisions(opened.con, ruling.recorded(opened.con, run.rules, run.as_of), run.as_of, shown=EVER)
        said = "rtrim(concat_ws(' ', lower(decision), nullif(reason, ''), nullif(limit_name, '')))"
        decided = dict(opened.con.execute(f"SELECT row_key, {said} FROM decisions").fetchall())
    assert len(rows) > 100
    assert replay == [decided[row] for row in rows]
    assert {"admit", "reject"} == {one.split(" ")[0] for one in replay}
    for short in sorted(set(replay)):
        story = explain(warehouse, rows[replay.index(short)], kind="issuance").issuance
        assert story is not None and story.replay is not None
        assert decision_sentence(story.replay) == facts["replay"][short]


def _words(column: dict[str, list[str]]) -> list[str]:
    return "".join(column["t"]).split("\n") if "t" in column else [column["d"][int(place)] for place in column["i"]]


def test_only_badges_of_the_newest_breaches_are_decided_again_for_the_page(warehouse: Path) -> None:
    badges = "SELECT count(DISTINCT badge_id) FROM replayed INNER JOIN report.issuances USING (row_key)"
    with Warehouse.open(warehouse, read_only=True) as opened:
        run, con = runs.require_last(opened), opened.con
        found = []
        for most in (0, 300, 1_000_000):
            make_replayed(con, run.rules, run.as_of, most)
            found.append(con.execute(badges).fetchall()[0][0])
        newest = con.execute("SELECT badge_id FROM report.breaches ORDER BY processed_at DESC, badge_id").fetchall()
        make_replayed(con, run.rules, run.as_of, 300)
        rows = con.execute("SELECT count(*) FROM report.issuances SEMI JOIN replayed_badge USING (badge_id)").fetchall()
        first = con.execute("FROM replayed_badge").fetchall()
        broken = con.execute("SELECT count(DISTINCT badge_id) FROM report.breaches").fetchall()[0][0]
    assert 0 == found[0] < found[1] < found[2] == broken
    assert newest[0] in first
    assert rows[0][0] <= 300


def test_the_queries_beside_the_tables_of_the_page_give_their_rows(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = warehouse.parent / "report"
    monkeypatch.chdir(report)
    found = re.findall(r'id="(t-[a-z-]+)"[^>]* data-sql="([^"]*)"', (report / "report.html").read_text("utf-8"))
    assert len(found) == 10
    with duckdb.connect() as con:
        rows = {name: len(con.execute(html.unescape(query)).fetchall()) for name, query in found}
    assert all(rows.values())
    assert rows["t-files"] == 33


def test_the_picture_of_a_story_is_that_of_the_samples(warehouse: Path) -> None:
    assert pictures.story(warehouse) == (pictures.PICTURES / "explain.svg").read_text(encoding="utf-8")


def test_the_readme_shows_the_pictures_that_the_script_makes() -> None:
    readme = (explained.REPOSITORY / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\(src/badgeledger/docs/pictures/([^)]+)\)", readme)
    assert sorted(shown) == sorted(pictures.NAMES) == sorted(path.name for path in pictures.PICTURES.iterdir())
    assert pictures.STORY in explained.PAGES
    # What a browser draws is another on each machine: this much can be said of it.
    data = (pictures.PICTURES / "report.png").read_bytes()
    assert data.startswith(b"\x89PNG") and 20_000 < len(data) < 400_000
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (pictures.WIDTH, pictures.HEIGHT)
