"""What became of each flag since the report before: its state, why, and what brought it (CONTRACT, changes)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest
from harness import (
    Line,
    Record,
    Tables,
    define,
    definition,
    earn,
    every_days,
    files_of,
    fixed_value,
    issue_bulk,
    micros,
    read_csv,
    rolling,
    scratch_ledger,
    unanswered,
    unasked,
    write_files,
)

from badgeledger import accounting, changes, ingest
from badgeledger.changes import REMEMBERED, Earlier
from badgeledger.pipeline import Rules
from badgeledger.reports.manifest import known_inputs
from badgeledger.reports.tables import csv_text, write_table
from badgeledger.waivers import Waiver
from badgeledger.warehouse import Warehouse

SOFTWARE = {"badgeledger": "1"}
FIRST, SECOND, THIRD = "2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z", "2024-02-03T00:00:00Z"
Log = Mapping[str, Iterable[Line]]


class Nights:
    """Nights of one warehouse, each compared with the one before; each report's tables stand in a folder."""

    def __init__(self, warehouse: Warehouse, folder: Path, kind: str) -> None:
        self.warehouse, self.folder, self.kind = warehouse, folder, kind
        self.earlier: Earlier | None = None
        self.told = Tables()
        self.counts: changes.Counts | None = None
        self.number = 0

    def night(
        self,
        log: Log | None = None,
        *,
        as_of: str = FIRST,
        software: Mapping[str, str] = SOFTWARE,
        waivers: Sequence[Waiver] = (),
        forget: Sequence[str] = (),
        **rules: str,
    ) -> None:
        """Bring in a log, account as of an instant, and compare with the night before.

        `forget` are paths that this night does not know: a report of an earlier known-at.
        """
        self.number += 1
        inputs = self.folder / f"night-{self.number}"
        inputs.mkdir()
        write_files(inputs, files_of(log or {}))
        place = self.folder / f"report-{self.number}"
        place.mkdir()
        asked = Rules(**rules)  # type: ignore[arg-type]
        ingest.ingest(self.warehouse, [ingest.Input(path=str(inputs))], self.folder)
        with self._ledger(asked, micros(as_of), forget) as con:
            changes.compare(con, self.earlier, rules=asked, as_of_us=micros(as_of), versions=software, waivers=waivers)
            self.told["changes"] = read_csv(csv_text(con, "changes"))
            self.counts = changes.counts(con)
            self.warnings = changes.waiver_warnings(con)
            tables = {name: place / f"{name}.{self.kind}" for name in REMEMBERED}
            for name, path in tables.items():
                write_table(con, name, self.kind, path)  # type: ignore[arg-type]
            known = [(entry.path, entry.sha256) for entry in known_inputs(con)]
        self.earlier = Earlier(micros(as_of), asked.model_dump(), software, known, tables)

    @contextmanager
    def _ledger(self, rules: Rules, as_of: int, forget: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
        """The ledger in place; one computed aside when some inputs are not known to it."""
        con = self.warehouse.con
        if not forget:
            accounting.account(self.warehouse, rules, as_of)
            accounting.check(con)
            yield con
            return
        sources = con.execute("SELECT path, sha256 FROM staging.source").fetchall()
        known = [(path, sha256) for path, sha256 in sources if path not in forget]
        with accounting.aside(self.warehouse, rules, as_of, inputs=known) as aside:
            yield aside

    def shows(self, expected: str, **where: str) -> None:
        self.told.shows("changes", expected, **where)


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    with scratch_ledger({}, tmp_path) as (warehouse, _):
        yield Nights(warehouse, tmp_path, "parquet")


def c1(day: int, *, rid: str | None = None, badge: str = "B", customer: str = "c1", **other: object) -> Line:
    return earn(badge, customer, f"2024-01-{day:02}T10:00:00Z", rid=rid or f"r{day}", **other)  # type: ignore[arg-type]


ONE = definition("B", limits=[fixed_value(1)])
NONE = definition("B", limits=[fixed_value(0)])


def test_in_the_first_report_every_flag_is_new(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1), c1(2, badge="X")]})
    nights.shows(
        """
        kind    | code          | state | cause    | cause_file | cause_line | comparable | first_seen        | count
        breach  |               | new   | new-data | a.jsonl    | 2          | true       | 2024-02-01T00:00Z | 1
        finding | unknown-badge | new   | new-data | a.jsonl    | 3          | true       | 2024-02-01T00:00Z |
        """
    )
    assert nights.counts is not None and nights.counts.earlier_as_of is None


def test_a_row_processed_after_the_earlier_as_of_is_new_data(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE, c1(1)]})
    nights.night({"b.jsonl": [earn("B", "c1", "2024-02-01T00:00:00.000001Z", rid="late")]}, as_of=SECOND)
    nights.shows("state | cause | cause_file | cause_line\nnew | new-data | b.jsonl | 1")


def test_a_row_that_was_known_but_lay_after_the_earlier_as_of_is_new_data(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, earn("B", "c1", "2024-02-01T12:00:00Z")]})
    nights.night(as_of=SECOND)
    nights.shows("state | cause | cause_file | cause_line\nnew | new-data | a.jsonl | 2", kind="breach")


def test_a_row_processed_by_the_earlier_as_of_that_was_not_known_is_late_data(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE]})
    nights.night({"b.jsonl": [earn("B", "c1", FIRST)]}, as_of=SECOND)
    nights.shows("state | cause | cause_file | cause_line\nnew | late-data | b.jsonl | 1")


def test_late_data_of_the_same_customer_makes_a_later_row_a_breach(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE, c1(5), c1(6, customer="c2")]})
    nights.night({"b.jsonl": [c1(1, badge="X"), c1(2, customer="c2"), c1(3)]}, as_of=SECOND)
    nights.shows(
        """
        customer_id | state | cause     | cause_file | cause_line | processed_at
        c1          | new   | late-data | b.jsonl    | 3          | 2024-01-05T10:00Z
        c2          | new   | late-data | b.jsonl    | 2          | 2024-01-06T10:00Z
        """,
        kind="breach",
    )


def test_what_still_stands_is_still_open_since_it_was_first_seen_and_needs_no_cause(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1)]})
    nights.night({"b.jsonl": [c1(1, badge="X", rid="x")]}, as_of=SECOND)
    nights.night(as_of=THIRD)
    nights.shows(
        """
        kind    | code          | state      | cause | first_seen        | comparable
        breach  |               | still-open |       | 2024-02-01T00:00Z | true
        finding | unknown-badge | still-open |       | 2024-02-02T00:00Z | true
        """
    )


def test_a_breach_whose_count_changed_says_what_it_was_and_why(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(5)]})
    nights.night({"b.jsonl": [c1(3)]}, as_of=SECOND)
    nights.shows(
        """
        state      | cause     | cause_line | count_before | count | processed_at
        new        | late-data | 1          |              | 1     | 2024-01-03T10:00Z
        still-open | late-data | 1          | 1            | 2     | 2024-01-05T10:00Z
        """
    )


CALL = issue_bulk("B", ["c1", "c2"], "2024-01-05T10:00:00Z", rid="b", answers=[("c1", "i1"), ("c2", 816)])


def test_an_assumed_row_whose_refusal_arrives_is_gone_by_its_answer(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, unanswered(CALL)]})
    nights.night({"b.jsonl": ["{", unasked(CALL)]}, as_of=SECOND)
    nights.shows(
        """
        customer_id | state      | cause  | cause_file | cause_line | gone_at           | count_before | count
        c1          | still-open |        |            |            |                   | 1            | 1
        c2          | gone       | answer | b.jsonl    | 2          | 2024-02-02T00:00Z | 1            |
        """,
        kind="breach",
    )
    nights.shows("customer_id | state | cause | cause_line\nc2 | new | answer | 2", code="wrongly-rejected")


def test_an_exchange_of_a_known_request_is_an_answer_too(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, unanswered(CALL)]})
    nights.night({"b.jsonl": [CALL]}, as_of=SECOND)
    nights.shows(
        "state | cause | cause_file | cause_line\ngone | answer | b.jsonl | 1", customer_id="c2", kind="breach"
    )


def test_the_answer_of_another_row_moves_a_count(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE, unanswered(CALL), c1(6, customer="c2")]})
    nights.night({"b.jsonl": [unasked(CALL)]}, as_of=SECOND)
    nights.shows(
        "processed_at | state | cause | cause_file\n2024-01-06T10:00Z | gone | answer | b.jsonl", kind="breach"
    )


@pytest.mark.parametrize(("at", "cause"), [("2024-01-20T00:00:00Z", "late-data"), (SECOND, "new-data")])
def test_a_revoked_row_that_no_longer_counts_is_gone_by_its_revocation(nights: Nights, at: str, cause: str) -> None:
    revocation = {
        "loggedAt": at,
        "endpoint": "revokeEarn",
        "request": {"badgeMetaId": "B", "customerId": "c1", "earnedBadgeId": "r2.0"},
    }
    nights.night({"a.jsonl": [ONE, c1(1), c1(2), c1(3)]}, revoked="exclude")
    nights.night({"b.jsonl": ["{", revocation]}, as_of=SECOND, revoked="exclude")
    nights.shows(
        f"""
        processed_at      | state      | cause   | cause_file | cause_line | count_before | count
        2024-01-02T10:00Z | gone       | {cause} | b.jsonl    | 2          | 2            |
        2024-01-03T10:00Z | still-open | {cause} | b.jsonl    | 2          | 3            | 2
        """,
        kind="breach",
    )


def test_a_row_of_a_badge_without_definition_is_newly_judged_when_that_arrives(nights: Nights) -> None:
    nights.night({"a.jsonl": [c1(1)]})
    nights.night({"b.jsonl": ["{", NONE]}, as_of=SECOND)
    nights.shows(
        """
        kind    | code          | state        | cause      | cause_file | cause_line | comparable
        breach  |               | newly-judged | definition | b.jsonl    | 2          | true
        finding | unknown-badge | gone         | definition | b.jsonl    | 2          | true
        """
    )


def test_a_lower_number_in_a_definition_that_arrives_is_a_cause_and_is_not_comparable(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE, c1(5), c1(6)]})
    nights.night({"b.jsonl": [definition("B", limits=[fixed_value(0)], since="2024-01-04T00:00:00Z")]}, as_of=SECOND)
    nights.shows(
        """
        processed_at      | state      | cause      | cause_file | number | count_before | count | comparable
        2024-01-05T10:00Z | new        | definition | b.jsonl    | 0      |              | 1     | false
        2024-01-06T10:00Z | still-open |            |            | 0      | 2            | 2     | false
        """
    )


def test_a_limit_that_a_definition_takes_away_is_gone_by_the_definition(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(5)]})
    nights.night({"b.jsonl": [definition("B", since="2024-01-04T00:00:00Z")]}, as_of=SECOND)
    nights.shows("state | cause | cause_file | comparable\ngone | definition | b.jsonl | false")


def test_a_finding_about_a_definition_is_brought_by_the_definition(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE]})
    moved = definition("B", limits=[fixed_value(1)], start="2024-01-02T00:00:00Z", since="2024-01-20T00:00:00Z")
    nights.night({"b.jsonl": [definition("C", name="badge B")], "c.jsonl": [moved]}, as_of=SECOND)
    nights.shows(
        """
        code                    | badge_id | state | cause      | cause_file
        start-changed-when-live | B        | new   | definition | c.jsonl
        duplicate-badge-name    | B        | new   | definition | c.jsonl
        duplicate-badge-name    | C        | new   | definition | b.jsonl
        """
    )


def test_a_definition_that_comes_into_force_is_a_cause(nights: Nights) -> None:
    later = definition("B", start="2024-01-02T00:00:00Z", since="2024-02-01T12:00:00Z")
    nights.night({"a.jsonl": [ONE, later]})
    nights.night(as_of=SECOND)
    nights.shows("code | state | cause | cause_line\nstart-changed-when-live | new | definition | 2", kind="finding")


def test_a_changed_setting_is_a_cause_without_a_line_and_nothing_is_comparable(nights: Nights) -> None:
    weekly = definition("B", limits=[rolling(days=(1, 1))])
    nights.night({"a.jsonl": [weekly, c1(1), earn("B", "c1", "2024-01-02T09:00:00Z", rid="n")]})
    nights.night(as_of=SECOND, rolling_edge="local-day")
    nights.shows("state | cause | cause_file | cause_line | comparable\ngone | setting | | | false", kind="breach")
    nights.night(as_of=THIRD)
    nights.shows(
        "state | cause | comparable | first_seen\nreopened | setting | false | 2024-02-01T00:00Z", kind="breach"
    )


def test_a_row_that_a_setting_no_longer_counts_is_not_judged_and_later_still_open(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1)]})
    nights.night(as_of=SECOND, counted="issue")
    nights.shows("state | cause | comparable\nnot-judged | setting | false", kind="breach")
    nights.night(as_of=THIRD)
    nights.shows("state | first_seen\nstill-open | 2024-02-01T00:00Z", kind="breach")


def test_a_row_that_a_setting_counts_for_the_first_time_is_newly_judged(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1)]}, counted="issue")
    nights.night(as_of=SECOND)
    nights.shows("state | cause | comparable\nnewly-judged | setting | false", kind="breach")


def test_other_software_is_the_cause_when_nothing_else_is(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1)]})
    assert nights.earlier is not None
    with Warehouse.open(nights.folder / "other.duckdb") as other:
        with accounting.aside(other, Rules(), micros(FIRST)) as con:
            write_table(con, "breaches", "parquet", nights.earlier.tables["breaches"])
    nights.night(as_of=SECOND, software={"badgeledger": "2"})
    nights.shows("state | cause | cause_file | comparable\nnew | software | | false", kind="breach")


def test_an_earlier_as_of_leaves_rows_unjudged_and_they_are_not_gone(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1), c1(20)]})
    nights.night(as_of="2024-01-10T00:00:00Z")
    nights.shows(
        """
        processed_at      | state      | cause
        2024-01-01T10:00Z | still-open |
        2024-01-20T10:00Z | not-judged |
        """,
        kind="breach",
    )
    nights.night(as_of=SECOND)
    nights.shows(
        """
        processed_at      | state      | first_seen
        2024-01-01T10:00Z | still-open | 2024-02-01T00:00Z
        2024-01-20T10:00Z | still-open | 2024-02-01T00:00Z
        """,
        kind="breach",
    )


def test_what_stood_in_an_input_that_is_not_known_tonight_is_not_gone(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1)], "b.jsonl": [c1(1, badge="X", rid="x"), c1(2, customer="c2")]})
    nights.night(as_of=SECOND, forget=["b.jsonl"])
    nights.shows(
        """
        kind    | customer_id | state
        breach  | c1          | still-open
        breach  | c2          | not-judged
        finding | c1          | not-judged
        """
    )


def _logged(record: Record, day: int) -> Line:
    """The definition in a line of a later time: of two of one instant it rules (RULEBOOK 5)."""
    return define(record, f"2024-01-{day:02}T00:00:00Z")


def test_a_flag_that_was_gone_and_is_back_is_reopened_also_after_nights_between(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1)]})
    nights.night({"b.jsonl": [_logged(ONE, 20)]}, as_of=SECOND)
    nights.shows("state | cause | gone_at\ngone | definition | 2024-02-02T00:00Z", kind="breach")
    nights.night(as_of=THIRD)
    nights.shows("state | cause | gone_at\ngone-before | | 2024-02-02T00:00Z", kind="breach")
    nights.night({"c.jsonl": [_logged(NONE, 21)]}, as_of="2024-02-04T00:00:00Z")
    nights.shows(
        "state | cause | cause_file | first_seen\nreopened | definition | c.jsonl | 2024-02-01T00:00Z", kind="breach"
    )


def test_a_response_that_found_its_request_is_no_longer_unpaired(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE, unasked(CALL)]})
    nights.shows("state | cause\nnew | new-data", code="unpaired-response")
    nights.night({"b.jsonl": [unanswered(CALL)]}, as_of=SECOND)
    nights.shows("state | cause | cause_file\ngone | late-data | b.jsonl", code="unpaired-response")


def test_a_refused_line_and_a_repaired_time_are_brought_by_their_own_file(nights: Nights) -> None:
    nights.night({"a.jsonl": [ONE]})
    odd = c1(3) | {"loggedAt": 1_704_276_000_000}
    nights.night({"b.jsonl": [c1(2, owner="NOBODY"), odd]}, as_of=SECOND)
    nights.shows(
        """
        code                    | state | cause    | cause_file | cause_line
        invalid-enum            | new   | new-data | b.jsonl    | 1
        timestamp-unit-repaired | new   | new-data | b.jsonl    | 2
        """,
        kind="finding",
    )


def test_a_late_row_changes_the_count_of_a_closed_cycle(nights: Nights) -> None:
    nights.night({"a.jsonl": [definition("B", limits=[every_days(5, 9)]), c1(1), c1(30)]})
    nights.night({"b.jsonl": [c1(2), c1(31), c1(7), c1(2, customer="c2", rid="x")]}, as_of=SECOND)
    nights.shows(
        """
        kind  | customer_id | cycle_no | state         | cause     | cause_line | count_before | count | comparable
        cycle | c1          | 1        | count-changed | late-data | 1          | 1            | 2     | true
        cycle | c1          | 2        | count-changed | late-data | 3          | 0            | 1     | true
        cycle | c2          | 1        | count-changed | late-data | 4          | 0            | 1     | true
        """
    )
    assert nights.counts is not None and nights.counts.cycles_changed == 3


def test_an_answer_changes_the_count_of_a_closed_cycle(nights: Nights) -> None:
    nights.night({"a.jsonl": [definition("B", limits=[every_days(5, 9)]), unanswered(CALL)]})
    nights.night({"b.jsonl": [unasked(CALL)]}, as_of=SECOND)
    nights.shows("customer_id | cause | cause_file | count_before | count\nc2 | answer | b.jsonl | 1 | 0", kind="cycle")


def test_a_row_processed_late_into_a_closed_cycle_is_new_data(nights: Nights) -> None:
    nights.night({"a.jsonl": [definition("B", limits=[every_days(5, 9)]), c1(1)]})
    late = earn("B", "c1", "2024-02-01T09:00:00Z", rid="late", event="2024-01-02T00:00:00Z")
    nights.night({"b.jsonl": [late]}, as_of=SECOND)
    nights.shows("cycle_no | cause | count_before | count\n1 | new-data | 1 | 2", kind="cycle")


def test_a_count_under_another_number_or_setting_is_not_comparable(nights: Nights) -> None:
    five = definition("B", limits=[every_days(5, 9)])
    nights.night({"a.jsonl": [five, c1(1), c1(6)]})
    lower = definition("B", limits=[every_days(5, 8)], since="2023-12-31T00:00:00Z")
    nights.night({"b.jsonl": [lower, c1(2)]}, as_of=SECOND)
    nights.shows("cycle_no | cause | number | comparable\n1 | late-data | 8 | false", kind="cycle")
    nights.night(as_of=THIRD, counted="issue")
    nights.shows(
        """
        cycle_no | cause   | count_before | count | comparable
        1        | setting | 2            | 0     | false
        2        | setting | 1            | 0     | false
        """,
        kind="cycle",
    )


def test_a_closed_cycle_that_an_earlier_as_of_cannot_judge_is_not_judged(nights: Nights) -> None:
    nights.night({"a.jsonl": [definition("B", limits=[every_days(5, 9)]), c1(1), c1(7)]})
    nights.night(as_of="2024-01-03T00:00:00Z")
    nights.shows("cycle_no | state | cause | count_before | count\n2 | not-judged | | 1 | 0", kind="cycle")


def waiver(until: str = "2024-12-31", **named: str) -> Waiver:
    return Waiver(reason="agreed", who="the sponsor", until=date.fromisoformat(until), **named)


def test_a_waiver_marks_a_flag_and_hides_nothing(nights: Nights) -> None:
    nights.night({"a.jsonl": [NONE, c1(1), c1(2, customer="c2"), c1(3, badge="X")]})
    finding = next(row["flag_id"] for row in nights.told["changes"] if row["kind"] == "finding")
    named = [waiver(badge="B", limit="CUSTOMER:FIXED_VALUE", customer="c2"), waiver(flag=finding)]
    nights.night(as_of=SECOND, waivers=named)
    nights.shows(
        """
        kind    | customer_id | state      | waived
        breach  | c1          | still-open | false
        breach  | c2          | still-open | true
        finding | c1          | still-open | true
        """
    )
    assert nights.counts is not None
    assert (nights.counts.waived, nights.counts.breaches, nights.counts.errors) == (2, 1, 0)
    assert nights.warnings == []


def test_a_waiver_without_customer_is_for_all_and_one_through_today_still_holds(nights: Nights) -> None:
    nights.night(
        {"a.jsonl": [NONE, c1(1), c1(2, customer="c2")]},
        as_of="2024-02-01T20:00:00Z",
        zone="Asia/Kolkata",
        waivers=[waiver(badge="B", limit="CUSTOMER:FIXED_VALUE", until="2024-02-02")],
    )
    assert [row["waived"] for row in nights.told["changes"]] == ["true", "true"]


def test_an_expired_waiver_and_one_that_meets_no_flag_are_named(nights: Nights) -> None:
    nights.night(
        {"a.jsonl": [NONE, c1(1)]},
        as_of="2024-02-01T20:00:00Z",
        zone="Asia/Kolkata",
        waivers=[waiver(badge="B", limit="CUSTOMER:FIXED_VALUE", until="2024-02-01"), waiver(flag="nothing~CV")],
    )
    assert [row["waived"] for row in nights.told["changes"]] == ["false"]
    assert nights.warnings == [
        "the waiver of badge B, limit CUSTOMER:FIXED_VALUE has expired: agreed (the sponsor, until 2024-02-01)",
        "the waiver of flag nothing~CV meets no flag: agreed (the sponsor, until 2024-12-31)",
    ]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_hostile_names_change_nothing(tmp_path: Path, kind: str) -> None:
    """Quotes, commas, line feeds and signs of SQL in ids and paths; patterns in the folder of the earlier report."""
    badge, customer = "B'\"; DROP TABLE raw.call; --", 'c,1\r\n"=x"\u202e'
    folder = tmp_path / "a[1]*'"
    folder.mkdir()
    name = "x'[y]\"*.jsonl"
    first = [definition(badge, limits=[fixed_value(0)]), earn(badge, customer, "2024-01-01T10:00:00Z")]
    with Warehouse.open(folder / "ledger.duckdb") as warehouse, warehouse.transaction():
        nights = Nights(warehouse, folder, kind)
        nights.night({name: first})
        nights.night({"b.jsonl": [earn(badge, customer, "2024-01-03T10:00:00Z", rid="s")]}, as_of=SECOND)
    rows = {row["state"]: row for row in nights.told["changes"]}
    assert rows.keys() == {"still-open", "new"}
    for row, source in ((rows["still-open"], name), (rows["new"], "b.jsonl")):
        assert (row["badge_id"], row["customer_id"], row["source_file"]) == (badge, customer, source)
    assert (rows["new"]["cause"], rows["new"]["cause_file"]) == ("late-data", "b.jsonl")
