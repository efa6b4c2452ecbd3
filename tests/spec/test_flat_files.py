"""Flat rows: the import template and the product's own columns, in CSV and Parquet (RULEBOOK 3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars
import pytest
from feeds import badge_earned, csv, element, imported, parquet
from harness import Audit, definition, earn, fixed_value, refused
from replaying import Replay

TEMPLATE = "badgeMetaId,customerId,earnEventDate,earnExpiresOn"
OWN = "badge_id,customer_id,kind"


# The import template


def test_each_row_of_the_import_template_is_an_import_of_one(audit: Audit) -> None:
    rows = csv(TEMPLATE, "B,c1,1706745600,1709251200", "B,007,2024-02-02T00:00:00Z,", "B,c3,1706745600000,")
    tables = audit({"a.jsonl": [definition("B")], "import.csv": rows})
    tables.shows(
        "issuances",
        """
        processed_at      | request_id | position | kind | customer_id | outcome | issuance_id | source_line
        2024-02-01T00:00Z |            | 0        | EARN | c1          | ASSUMED | /0          | 2
        2024-02-02T00:00Z |            | 0        | EARN | 007         | ASSUMED | /0          | 3
        2024-02-01T00:00Z |            | 0        | EARN | c3          | ASSUMED | /0          | 4
        """,
    )
    tables.shows(
        "expirations",
        """
        customer_id | rule     | expires_at
        c1          | IMPORTED | 2024-03-01T00:00Z
        007         | IMPORTED |
        c3          | IMPORTED |
        """,
    )
    tables.shows("findings", "code | source_line\ntimestamp-unit-repaired | 4", source_file="import.csv")


def test_a_row_of_the_template_and_the_same_import_in_a_log_are_one(audit: Audit) -> None:
    line = imported([element("B", "c1", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z")], None)
    header = "customerId,note,badgeMetaId,earnExpiresOnISO,earnEventDateISO"
    rows = csv(header, "c1,x,B,2024-03-01T00:00:00Z,1706745600")
    tables = audit({"a.jsonl": [line], "b.csv": rows})
    tables.shows("files", "path | accepted | duplicate\na.jsonl | 1 | 0\nb.csv | 0 | 1")


def test_a_row_of_the_template_without_event_date_has_no_time(audit: Audit) -> None:
    tables = audit({"import.csv": csv("badgeMetaId,customerId", "B,c1")})
    tables.shows("quarantine", "source_line | reason | raw\n2 | no-time | B,c1")


def test_a_time_without_offset_is_one_of_the_feeds_zone(audit: Audit) -> None:
    rows = {"import.csv": csv(TEMPLATE, "B,c1,2024-02-01T05:30:00,")}
    assert audit(rows).column("quarantine", "reason") == ["timestamp-without-offset"]
    tables = audit(rows, feed_zone="Asia/Kolkata")
    assert tables.column("issuances", "event_at") == ["2024-02-01T00:00:00.000000Z"]


# The product's own columns


def test_the_products_own_columns_are_issues_and_earns(audit: Audit) -> None:
    rows = csv(
        "badge_id,customer_id,kind,processed_at,event_at,request_id,position,issuance_id,outcome,code,owner_type,"
        "reference_id,expires_at",
        "B,c1,ISSUE,2024-02-01T00:00:00Z,2024-01-31T00:00:00Z,r1,0,i1,ACCEPTED,,loyalty,7,2024-03-01T00:00:00Z",
        "B,c2,ISSUE,2024-02-01T00:00:00Z,,r1,1,i2,REJECTED,816,,,2024-03-01T00:00:00Z",
        "B,c3,EARN,1706745600,,r2,3,,ASSUMED,816,,,2024-03-01T00:00:00Z",
        "B,c4,EARN,1706745600,,r3,,e4,,,,,",
        "B,c5,EARN,1706745600,,r3,,,,,,,",
    )
    tables = audit({"rows.csv": rows})
    tables.shows(
        "issuances",
        """
        request_id | position | kind  | customer_id | outcome  | code | issuance_id | event_at
        r1         | 0        | ISSUE | c1          | ACCEPTED |      | i1          | 2024-01-31T00:00Z
        r1         | 1        | ISSUE | c2          | REJECTED | 816  | r1/1        | 2024-02-01T00:00Z
        r2         | 3        | EARN  | c3          | ASSUMED  |      | r2/3        | 2024-02-01T00:00Z
        r3         | 0        | EARN  | c4          | ACCEPTED |      | e4          | 2024-02-01T00:00Z
        r3         | 0        | EARN  | c5          | ASSUMED  |      | r3/0        | 2024-02-01T00:00Z
        """,
    )
    tables.shows(
        "issuances",
        "owner_type | reported_expires_at\nLoyalty | 2024-03-01T00:00Z",
        customer_id="c1",
    )
    assert {row["reported_expires_at"] for row in tables["issuances"] if row["customer_id"] != "c1"} == {""}


def test_logged_at_stands_for_an_absent_processed_at(audit: Audit) -> None:
    rows = csv(
        f"{OWN},logged_at,processed_at",
        "B,c1,EARN,2024-02-01T00:00:00Z,",
        "B,c2,EARN,2024-02-01T00:00:00Z,2024-02-02T00:00:00Z",
    )
    tables = audit({"rows.csv": rows})
    tables.shows("issuances", "customer_id | processed_at\nc1 | 2024-02-01T00:00Z\nc2 | 2024-02-02T00:00Z")


def test_without_processed_at_a_row_is_dated_by_its_id_else_by_its_event(audit: Audit) -> None:
    rows = csv(
        f"{OWN},issuance_id,event_at,outcome",
        "B,c1,EARN,654cbdfd6bccde1274b6d3a0,,",
        "B,c2,EARN,654cbdfd6bccde1274b6d3a1,2024-01-01T00:00:00Z,ASSUMED",
        "B,c3,EARN,e3,,",
    )
    tables = audit({"rows.csv": rows})
    tables.shows("issuances", "customer_id | processed_at\nc1 | 2023-11-09T11:09:49Z\nc2 | 2024-01-01T00:00Z")
    tables.shows("quarantine", "source_line | reason\n4 | no-time")


def test_the_position_stands_before_content_in_the_processing_order(audit: Audit) -> None:
    """Twelve rows of one request and instant, given from last to first, are counted by position."""
    lines = [f"B,c1,EARN,2024-02-01T00:00:00Z,r1,{place},e{place}" for place in reversed(range(12))]
    rows = csv(f"{OWN},processed_at,request_id,position,issuance_id", *lines)
    tables = audit({"a.jsonl": [definition("B", limits=[fixed_value(9)])], "rows.csv": rows})
    tables.shows("breaches", "issuance_id | count\ne9 | 10\ne10 | 11\ne11 | 12")


def test_rows_of_no_call_duplicate_no_request_and_each_is_one(audit: Audit) -> None:
    log = [
        definition("B"),
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1"),
        refused(earn("B", "c1", "2024-02-03T00:00:00Z", rid="r3"), 809),
    ]
    rows = csv(
        f"{OWN},processed_at,request_id,issuance_id,outcome,code",
        "B,c1,EARN,2024-02-02T00:00:00Z,r1,e2,,",
        "B,c1,EARN,2024-02-02T00:00:00Z,r3,e3,,",
        "B,c1,EARN,2024-02-02T12:00:00Z,r3,,REJECTED,809",
    )
    tables = audit({"a.jsonl": log, "rows.csv": rows})
    tables.shows("findings", "code | request_id | source_file\nwrongly-rejected | r3 | a.jsonl")
    assert tables.column("daily", "requests") == ["1", "3", "1"]


def test_replay_decides_flat_rows_one_after_the_other(replay: Replay) -> None:
    rows = csv(
        f"{OWN},processed_at,request_id,position,outcome,code",
        "B,c1,EARN,2024-02-01T00:00:00Z,r1,1,,",
        "B,c1,EARN,2024-02-01T00:00:00Z,r1,0,REJECTED,816",
    )
    replay({"a.jsonl": [definition("B", limits=[fixed_value(1)])], "rows.csv": rows}).shows(
        "decisions",
        """
        position | decision | reason         | recorded_outcome | compared
        0        | ADMIT    |                | REJECTED         | newly-admitted
        1        | REJECT   | customer-limit | ASSUMED          | newly-rejected
        """,
    )


def test_a_flat_row_whose_row_id_a_call_or_an_event_told_is_a_duplicate(audit: Audit) -> None:
    log = [
        earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1", answer="e1"),
        badge_earned("B", "c1", "2024-02-03T00:00:00Z", row_id="e2"),
    ]
    rows = csv(
        f"{OWN},processed_at,issuance_id",
        "B,c1,EARN,2024-01-01T00:00:00Z,e1",
        "B,c1,EARN,2024-01-01T00:00:00Z,e2",
        "B,c1,EARN,2024-01-02T00:00:00Z,e3",
        "B,c1,EARN,2024-01-01T00:00:00Z,e3",
        "B,c1,ISSUE,2024-01-01T00:00:00Z,e1",
    )
    tables = audit({"a.jsonl": log, "rows.csv": rows})
    tables.shows(
        "issuances",
        """
        issuance_id | kind  | processed_at      | source_file | source_line
        e1          | ISSUE | 2024-01-01T00:00Z | rows.csv    | 6
        e3          | EARN  | 2024-01-01T00:00Z | rows.csv    | 5
        e1          | EARN  | 2024-02-01T00:00Z | a.jsonl     | 1
        e2          | EARN  | 2024-02-03T00:00Z | a.jsonl     | 2
        """,
    )
    tables.shows("files", "path | accepted | duplicate\na.jsonl | 2 | 0\nrows.csv | 2 | 3")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("B,c1,GRANT,,,,", "invalid-enum"),
        ("B,c1,earn,,,,", "invalid-enum"),
        ("B,c1,EARN,REPEAT,,,", "invalid-enum"),
        ("B,c1,EARN,,Nobody,,", "invalid-enum"),
        ("B,c1,,,,,", "missing-field"),
        (",c1,EARN,,,,", "missing-field"),
        ("B,,EARN,,,,", "missing-field"),
        ("B,c1,EARN,,,1.5,", "invalid-number"),
        ("B,c1,EARN,,,-1,", "invalid-number"),
        ("B,c1,EARN,,,1000000000,", "invalid-number"),
        ("B,c1,EARN,,,,soon", "invalid-timestamp"),
    ],
)
def test_a_row_that_cannot_be_read_is_quarantined(audit: Audit, row: str, reason: str) -> None:
    header = f"{OWN},outcome,owner_type,position,processed_at"
    tables = audit({"rows.csv": csv(header, row, "B,c9,EARN,,,,2024-02-01T00:00:00Z")})
    tables.shows("quarantine", f"source_line | reason | raw\n2 | {reason} | {row}")
    assert tables.column("issuances", "customer_id") == ["c9"]
    assert ("invalid-enum" in tables.codes()) == (reason == "invalid-enum")


# CSV


def test_quoted_fields_hold_commas_quotes_and_line_ends(audit: Audit) -> None:
    text = (
        f'{OWN},processed_at,request_id\r\n"B","c,1",EARN,"2024-02-01T00:00:00Z","a ""b""\r\n\nc"\r\n'
        "B,c2,EARN,2024-02-02T00:00:00Z,it's 5\" wide\r\n"
    )
    audit({"rows.csv": text.encode()}).shows("issuances", "customer_id | source_line\nc,1 | 2\nc2 | 5")
    found = audit({"rows.csv": text.encode()}).column("issuances", "request_id")
    assert found == ['a "b"\r\n\nc', "it's 5\" wide"]


def test_a_tsv_is_parted_by_tabs(audit: Audit) -> None:
    rows = csv("badge_id\tcustomer_id\tkind\tprocessed_at", "B\tc,1\tEARN\t2024-02-01T00:00:00Z")
    assert audit({"rows.tsv": rows}).column("issuances", "customer_id") == ["c,1"]


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.tsv.gz"])
def test_a_compressed_file_is_known_by_the_name_inside(audit: Audit, name: str) -> None:
    parted = "," if "csv" in name else "\t"
    header = ("badge_id", "customer_id", "kind", "processed_at")
    rows = csv(parted.join(header), parted.join(("B", "c1", "EARN", "1e9")))
    assert audit({name: rows}).column("issuances", "customer_id") == ["c1"]


def test_a_byte_order_mark_and_other_columns_in_any_order_do_not_matter(audit: Audit) -> None:
    rows = b"\xef\xbb\xbfkind,note,processed_at,customer_id,badge_id\nEARN,x,2024-02-01T00:00:00Z,c1,B"
    audit({"rows.csv": rows}).shows("issuances", "badge_id | customer_id | source_line\nB | c1 | 2")


@pytest.mark.parametrize(
    "header",
    [
        "badge,customer,kind",
        "badge_id,customer_id",
        "BADGE_ID,customer_id,kind",
        "badge_id,customer_id,kind,kind",
        '"badge_id,customer_id,kind',
        "",
    ],
)
def test_under_another_header_every_row_is_quarantined(audit: Audit, header: str) -> None:
    lines = [f"{header}\n".encode(), b"B,c1,EARN\n", b"B,c2,EARN\n"]
    tables = audit({"rows.csv": b"".join(lines)})
    if header.startswith('"'):
        tables.shows("files", "lines | accepted | quarantined\n0 | 0 | 0")
        return
    tables.shows(
        "quarantine", "source_line | reason | raw\n2 | unknown-shape | B,c1,EARN\n3 | unknown-shape | B,c2,EARN"
    )


def test_a_row_with_too_many_or_too_few_fields_or_broken_quotes_is_quarantined(audit: Audit) -> None:
    good = "B,c1,EARN,2024-02-01T00:00:00Z"
    bad = ["B,c1,EARN", f"{good},", '"B"x,c1,EARN,1', 'B,"c1', "2", "3"]
    tables = audit({"rows.csv": csv(f"{OWN},processed_at", *bad[:3], good, *bad[3:])})
    tables.shows(
        "quarantine",
        """
        source_line | reason
        2           | unknown-shape
        3           | unknown-shape
        4           | unknown-shape
        6           | unknown-shape
        """,
    )
    assert tables.column("quarantine", "raw") == [*bad[:3], 'B,"c1\n2\n3']
    tables.shows("files", "lines | accepted | duplicate | quarantined\n5 | 1 | 0 | 4")


def test_each_row_is_judged_alone(audit: Audit) -> None:
    rows = [b"B,c1,EARN,1e9", b"B,\xff,EARN,1e9", b"", b"  \t ", b"B,c\x002,EARN,1e9", b"B,c3,EARN,1e9\r"]
    tables = audit({"rows.csv": b"\n".join([f"{OWN},processed_at".encode(), *rows]) + b"\n"})
    tables.shows(
        "quarantine",
        """
        source_line | reason
        3           | not-utf-8
        4           | blank-line
        5           | blank-line
        6           | nul-character
        """,
    )
    assert sorted(tables.column("issuances", "customer_id")) == ["c1", "c3"]
    tables.shows("files", "lines | accepted | duplicate | quarantined\n6 | 2 | 0 | 4")


@pytest.mark.parametrize("rows", [b"", f"{OWN}\n".encode(), OWN.encode()])
def test_a_file_without_rows_has_no_lines(audit: Audit, rows: bytes) -> None:
    audit({"rows.csv": rows}).shows("files", "lines | accepted | duplicate | quarantined\n0 | 0 | 0 | 0")


def test_ids_of_a_flat_row_are_text(audit: Audit) -> None:
    rows = csv(f"{OWN},processed_at,request_id", "B,=1+1,EARN,1e9,0010", "B,1.0,EARN,1e9,10")
    audit({"rows.csv": rows}).shows("issuances", "customer_id | request_id\n=1+1 | 0010\n1.0 | 10")


# Parquet


def test_a_parquet_file_is_known_by_its_first_bytes(audit: Audit) -> None:
    columns: dict[str, Any] = {
        "badge_id": ["B", "B", "B"],
        "customer_id": [62090013, 7, 8],
        "kind": ["EARN", "ISSUE", "EARN"],
        "processed_at": [1706745600, 1706745601, None],
        "event_at": [None, None, 1706745602],
        "issuance_id": ["e1", "", None],
    }
    tables = audit({"part-0": parquet(columns)})
    tables.shows(
        "issuances",
        """
        customer_id | kind  | outcome  | processed_at         | source_file | source_line
        62090013    | EARN  | ACCEPTED | 2024-02-01T00:00:00Z | part-0      | 2
        7           | ISSUE | ASSUMED  | 2024-02-01T00:00:01Z | part-0      | 3
        8           | EARN  | ASSUMED  | 2024-02-01T00:00:02Z | part-0      | 4
        """,
    )


def test_timestamps_of_parquet_are_instants_and_without_zone_utc(audit: Audit) -> None:
    moment = datetime(2024, 2, 1, 5, 30, 0, 123456)
    naive = polars.Series("earnEventDate", [moment])
    aware = polars.Series("earnExpiresOn", [moment.replace(tzinfo=UTC)]).dt.convert_time_zone("Asia/Kolkata")
    rows = parquet({"badgeMetaId": ["B"], "customerId": ["c1"], "earnEventDate": naive, "earnExpiresOn": aware})
    tables = audit({"a.jsonl": [definition("B")], "rows.parquet": rows})
    tables.shows("expirations", "event_at | expires_at\n2024-02-01T05:30:00.123456Z | 2024-02-01T05:30:00.123456Z")
    assert tables.codes() == []


def test_a_refused_row_of_parquet_is_shown_as_json(audit: Audit) -> None:
    columns: dict[str, Any] = {
        "kind": ["GRANT"],
        "badge_id": ['é"B'],
        "customer_id": [None],
        "n": [1],
        "x": [1.5],
        "at": [datetime(2024, 2, 1)],
    }
    raw = '{"kind":"GRANT","badge_id":"é\\"B","customer_id":null,"n":1,"x":1.5,"at":"2024-02-01T00:00:00.000000Z"}'
    tables = audit({"rows.parquet": parquet(columns)})
    assert [(row["source_line"], row["reason"], row["raw"]) for row in tables["quarantine"]] == [
        ("2", "missing-field", raw)
    ]
    tables.shows("files", "lines | accepted | duplicate | quarantined\n1 | 0 | 0 | 1")


def test_a_parquet_file_of_other_columns_is_quarantined_row_by_row(audit: Audit) -> None:
    tables = audit({"rows.parquet": parquet({"badge_id": ["B", "C"], "customer_id": ["c1", "c2"]})})
    assert tables.column("quarantine", "reason") == ["unknown-shape", "unknown-shape"]


def test_a_csv_file_that_begins_as_parquet_does_is_csv(audit: Audit) -> None:
    rows = csv(f"PAR1,{OWN},processed_at", "x,B,c1,EARN,1e9")
    assert audit({"rows.csv": rows}).column("issuances", "customer_id") == ["c1"]
