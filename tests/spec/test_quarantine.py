"""What is not understood is kept with file, line, reason and raw text; nothing is dropped in silence (RULEBOOK 3)."""

from __future__ import annotations

import json
from typing import Any

from harness import (
    Audit,
    Line,
    Record,
    define,
    definition,
    earn,
    earn_bulk,
    issue_bulk,
    text_of,
    unanswered,
    without,
)

AT = "2024-02-01T00:00:00Z"
GOOD = earn("B", "c1", AT)


def asked(**changes: Any) -> Record:
    """An unanswered earn with other values in its request; a value of ... leaves the field out."""
    call = unanswered(earn("B", "c1", AT))
    request = {name: value for name, value in (call["request"] | changes).items() if value is not ...}
    return call | {"request": request}


def answered(**changes: Any) -> Record:
    call = issue_bulk("B", ["c1"], AT)
    call["response"]["data"] |= changes
    return call


def constrained(**constraint: Any) -> Record:
    base = {"constraintType": "BADGE_ROLLING_WINDOW", "rollType": "DAYS", "rollValue": 1, "maxEarnLimit": 1}
    return definition(badgeConstraints=[base | constraint])


def expiring(**rule: Any) -> Record:
    return definition(earnedBadgeExpiry=rule)


NESTED = b'{"a":' * 64 + b"1" + b"}" * 64

REFUSED: list[tuple[str, str, Line]] = [
    ("a line over 16 MiB", "line-too-long", b'{"pad":"' + b"x" * (16 * 1024 * 1024 - 9) + b'"}'),
    ("bytes that are not UTF-8", "not-utf-8", b'{"id":"\xff"}'),
    ("a blank line", "blank-line", b"  \t "),
    ("nesting over 64", "too-deep", b'{"a":' + NESTED + b"}"),
    ("half an object", "not-json", b'{"a":1'),
    ("plain text", "not-json", b"hello"),
    ("a comment", "not-json", b'{"id":"8", // the badge\n "startOn":1}'.replace(b"\n", b" ")),
    ("a missing comma, as in the seed", "not-json", b'{"issueEventDate": 1713860055 "triggeredBy": {}}'),
    ("a bare instant, as in the seed", "not-json", b'{"issueEventDateISO" : 2024-04-23T13:44:15+05:30}'),
    ("a trailing comma", "not-json", b'{"a":1,}'),
    ("NaN", "not-json", b'{"a":NaN}'),
    ("infinity", "not-json", b'{"a":-Infinity}'),
    ("a number with leading zero", "not-json", b'{"a":01}'),
    ("a lone surrogate", "not-json", b'{"a":"\\ud800"}'),
    ("a raw control character in a string", "not-json", b'{"a":"\x01"}'),
    ("two objects on one line", "not-json", b"{}{}"),
    ("a key twice", "duplicate-key", b'{"id":"B","id":"C","startOn":1}'),
    ("a key twice, deep inside", "duplicate-key", b'{"data":{"x":[{"k":1,"k":2}]}}'),
    ("a NUL character", "nul-character", b'{"a":"\\u0000"}'),
    ("an array among lines", "not-an-object", b"[1]"),
    ("null", "not-an-object", b"null"),
    ("a number", "not-an-object", b"12"),
    ("a string", "not-an-object", b'"text"'),
    ("an empty object", "unknown-shape", b"{}"),
    ("fields that no shape has", "unknown-shape", b'{"hello":"world"}'),
    ("an endpoint that we do not know", "unknown-shape", GOOD | {"endpoint": "/v1/coupon/redeem"}),
    (
        "a request and a response of two calls",
        "unknown-shape",
        without(GOOD | {"response": issue_bulk("B", ["c1"])["response"]}, "endpoint"),
    ),
    ("customers and nothing else", "ambiguous-shape", b'{"badgeMetaId":"B","customers":["c1"]}'),
    ("a request without badge", "missing-field", asked(badgeMetaId=...)),
    ("customers without a badge", "missing-field", b'{"customers":["c1"]}'),
    ("a request with an empty badge", "missing-field", asked(badgeMetaId="")),
    ("a definition without start", "missing-field", define(without(definition(), "startOn"))),
    ("a definition without end", "missing-field", without(definition(), "expiresOn")),
    ("a badge id that is an object", "invalid-id", asked(badgeMetaId={})),
    ("a badge id with a fraction", "invalid-id", asked(badgeMetaId=1.5)),
    ("a customer that is empty", "invalid-id", asked(customerId="")),
    ("a customer that is null in a list", "invalid-id", unanswered(issue_bulk("B", ["c1", None], AT))),
    ("a customer that is a Boolean", "invalid-id", unanswered(issue_bulk("B", [True], AT))),
    ("a customer that is an object", "invalid-id", unanswered(earn_bulk("B", [{}], AT))),
    ("an event date in words", "invalid-timestamp", asked(earnEventDate="yesterday")),
    ("an empty event date", "invalid-timestamp", asked(earnEventDate="")),
    ("an event date of 1e17", "invalid-timestamp", asked(earnEventDate=100_000_000_000_000_000)),
    ("an event date of 1e400", "invalid-timestamp", json.dumps(asked(earnEventDate=7)).replace(": 7}", ": 1e400}")),
    ("a 30th of February", "invalid-timestamp", asked(earnEventDateISO="2024-02-30T00:00:00Z")),
    (
        "a twin that is not used but not valid",
        "invalid-timestamp",
        asked(earnEventDate="soon", earnEventDateISO="2024-02-01T00:00:00Z"),
    ),
    ("a log time in words", "invalid-timestamp", GOOD | {"loggedAt": "now"}),
    ("an event date without offset", "timestamp-without-offset", asked(earnEventDateISO="2024-02-01T00:00:00")),
    ("a log time without offset", "timestamp-without-offset", GOOD | {"loggedAt": "2024-02-01 00:00:00"}),
    ("a limit that is text", "invalid-number", constrained(maxEarnLimit="many")),
    ("a limit with a fraction", "invalid-number", constrained(maxEarnLimit=1.5)),
    ("a roll that is text", "invalid-number", constrained(rollValue="one")),
    (
        "an expiry value that is text",
        "invalid-number",
        expiring(expiryType="RELATIVE", relativeExpiryType="DAYS", value="two"),
    ),
    ("an owner that is not documented", "invalid-enum", asked(triggeredBy={"ownerType": "Shop"})),
    ("an owner of a definition that is not documented", "invalid-enum", definition(owners=["Loyalty", "Shop"])),
    ("an earn type outside its enum", "invalid-enum", definition(earn_type="GIVE")),
    ("an enum in lower case", "invalid-enum", definition(earn_type="earn")),
    ("a constraint type outside its enum", "invalid-enum", constrained(constraintType="BADGE_WINDOW")),
    ("a roll type outside its enum", "invalid-enum", constrained(rollType="YEARS")),
    (
        "a start day outside its enum",
        "invalid-enum",
        constrained(constraintType="BADGE_FIXED_WINDOW", durationType="WEEKS", startDayOfTheWeek="FREITAG"),
    ),
    (
        "a start day of 7",
        "invalid-enum",
        constrained(constraintType="BADGE_FIXED_WINDOW", durationType="WEEKS", startDayOfTheWeek=7),
    ),
    ("an expiry type outside its enum", "invalid-enum", expiring(expiryType="SOMETIMES")),
    ("an absolute type outside its enum", "invalid-enum", expiring(expiryType="ABSOLUTE", type="SOMEDAY")),
    ("a unit outside its enum", "invalid-enum", expiring(expiryType="RELATIVE", relativeExpiryType="YEARS", value=1)),
    ("a definition that nothing dates", "no-time", definition(since=None)),
    ("a call that nothing dates", "no-time", unanswered(earn("B", "c1", rid="undated"))),
]


def test_each_reason_of_quarantine_has_its_lines(audit: Audit) -> None:
    """One good line first, so that the file is read line by line; then every line of the table."""
    lines = [text_of(GOOD), *(text_of(line) for _, _, line in REFUSED)]
    tables = audit({"log.jsonl": b"\n".join(lines) + b"\n"})
    found = {int(row["source_line"]): row["reason"] for row in tables["quarantine"]}
    expected = {place: (what, reason) for place, (what, reason, _) in enumerate(REFUSED, start=2)}
    wrong = [
        f"line {line}: {expected.get(line)}, found {found.get(line)}"
        for line in sorted(found.keys() | expected.keys())
        if expected.get(line, ("", None))[1] != found.get(line)
    ]
    assert wrong == []
    refused = len(REFUSED)
    tables.shows("files", f"lines | accepted | duplicate | quarantined\n{refused + 1} | 1 | 0 | {refused}")


def test_the_raw_text_is_kept_and_bad_bytes_are_written_in_hex(audit: Audit) -> None:
    tables = audit({"log.jsonl": text_of(GOOD) + b'\n{"caf\xc3\xa9\xff": "a\tb"\n'})
    assert tables.column("quarantine", "raw") == ['{"café\\xff": "a\tb"']


def test_the_first_4096_bytes_of_a_long_line_are_kept(audit: Audit) -> None:
    tables = audit({"log.jsonl": text_of(GOOD) + b"\n" + b"y" * 5000})
    assert tables.column("quarantine", "raw") == ["y" * 4096]


def test_a_line_of_16_mib_is_read(audit: Audit) -> None:
    head, tail = json.dumps(GOOD)[:-1].encode() + b', "pad": "', b'"}'
    line = head + b"x" * (16 * 1024 * 1024 - len(head) - len(tail)) + tail
    tables = audit({"log.jsonl": text_of(earn("B", "c2", AT)) + b"\n" + line})
    assert tables["quarantine"] == []
    assert sorted(tables.column("issuances", "customer_id")) == ["c1", "c2"]


def test_nesting_of_64_is_read(audit: Audit) -> None:
    line = json.dumps(GOOD)[:-1].encode() + b', "deep": ' + NESTED[5:-1] + b"}"
    assert audit({"log.jsonl": line})["quarantine"] == []


def test_a_file_of_garbage_alone_is_quarantined_line_by_line(audit: Audit) -> None:
    tables = audit({"log.jsonl": b"\x00\x01\n<html>\n\n{'a': 1}\n"})
    tables.shows(
        "quarantine",
        """
        source_line | reason
        1           | not-json
        2           | not-json
        3           | blank-line
        4           | not-json
        """,
    )
    assert tables["issuances"] == []


def test_a_bad_element_of_a_document_is_quarantined_and_the_others_stand(audit: Audit) -> None:
    document = json.dumps([GOOD, {"hello": 1}, 5, earn("B", "c2", AT)], indent=1)
    tables = audit({"log.json": document.encode()})
    assert tables.column("quarantine", "reason") == ["unknown-shape", "not-an-object"]
    tables.shows("files", "lines | accepted | duplicate | quarantined\n4 | 2 | 0 | 2")


def test_a_document_that_is_not_valid_is_judged_line_by_line(audit: Audit) -> None:
    tables = audit({"log.json": b'[\n{"a": 1},\n]\n'})
    tables.shows("quarantine", "source_line | reason\n1 | not-json\n2 | not-json\n3 | not-json")


def test_a_refused_line_says_nothing(audit: Audit) -> None:
    bad = definition("C", earn_type="GIVE")
    assert audit([definition("B"), bad]).column("badges", "badge_id") == ["B"]
