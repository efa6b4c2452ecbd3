"""Golden terminal pages of `explain` on the samples, and one thing that must hold of every breach of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden import explained

from badgeledger import runs
from badgeledger.explain.counts import BadgeLimits, Entry
from badgeledger.explain.ledger import Ledger
from badgeledger.warehouse import Warehouse


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explained.ledger(tmp_path_factory.mktemp("explained"))


@pytest.mark.parametrize("name", explained.PAGES)
def test_the_story_is_the_golden_page(warehouse: Path, name: str) -> None:
    golden = (explained.STORIES / f"{name}.txt").read_text(encoding="utf-8")
    assert explained.written(warehouse, explained.PAGES[name]) == golden


def test_no_page_holds_what_a_terminal_would_obey() -> None:
    for page in explained.STORIES.glob("*.txt"):
        text = page.read_text(encoding="utf-8")
        assert all(character.isprintable() or character == "\n" for character in text), page.name


def test_explain_counts_every_row_as_the_engine_does(warehouse: Path) -> None:
    """Over all rows and limits of the samples exactly the breaches of the report, with their counts and spans."""
    with Warehouse.open(warehouse, read_only=True) as opened:
        run = runs.require_last(opened)
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
