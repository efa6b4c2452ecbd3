"""Processing order, row keys and labels depend on values only (RULEBOOK 3)."""

from __future__ import annotations

import hashlib

from harness import Audit, Record, definition, earn, earn_bulk, fixed_value, issue_bulk, unanswered

AT = "2024-02-01T00:00:00Z"
LIMITED = definition(limits=[fixed_value(1, "BADGE")])


def hashed(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def answers(customer: str, row_id: str) -> str:
    """The text of an accepted answer."""
    return f'[{{"customer_id":"{customer}","row_id":"{row_id}","refused":false,"code":null}}]'


def crossing(audit: Audit, *calls: Record) -> list[str]:
    """The customers over a limit of one for the whole badge, that is all but the first in processing order."""
    found = audit([LIMITED, *calls]).rows("breaches")
    return [row["customer_id"] for row in sorted(found, key=lambda row: int(row["count"]))]


def test_processing_order_is_by_processed_at_first(audit: Audit) -> None:
    late = earn("B", "late", "2024-02-01T00:00:00.000002Z", rid="a", event="2024-01-05T00:00:00Z")
    early = earn("B", "early", "2024-02-01T00:00:00.000001Z", rid="b", event="2024-01-06T00:00:00Z")
    assert crossing(audit, late, early) == ["late"]


def test_then_by_request_id_as_text(audit: Audit) -> None:
    calls = [earn("B", f"c{rid}", AT, rid=rid) for rid in ("9", "10", "Z", "a", "é")]
    assert crossing(audit, *calls) == ["c9", "cZ", "ca", "cé"]


def test_a_missing_request_id_is_empty_text_and_comes_first(audit: Audit) -> None:
    calls = [earn("B", "named", AT, rid="0", answer="x"), earn("B", "nameless", AT, rid=None, answer="y")]
    assert crossing(audit, *calls) == ["named"]


def test_then_by_content(audit: Audit) -> None:
    keys = {
        customer: hashed(f'["earn","1706745600000000","B","r1",null,null,null]["{customer}"]')
        for customer in ("c1", "c2", "c3", "c4")
    }
    calls = [unanswered(earn("B", customer, AT)) for customer in keys]
    expected = sorted(keys, key=lambda customer: keys[customer])
    assert crossing(audit, *calls) == expected[1:]


def test_then_by_position_among_the_customers(audit: Audit) -> None:
    call = earn_bulk("B", ["c9", "c1", "c5", "c1"], AT)
    assert crossing(audit, call) == ["c1", "c5", "c1"]


def test_the_row_key_is_a_hash_of_the_recognised_values_of_the_request_and_the_position(audit: Audit) -> None:
    call = issue_bulk("B", ["é 1", 7], AT, event="2024-01-31T23:59:59.5Z", owner="Loyalty")
    request_key = hashed('["issueBulk","1706745600000000","B","r1","1706745599500000","Loyalty","1"]["é 1","7"]')
    tables = audit([call])
    assert tables.column("issuances", "row_key") == [hashed(f"{request_key}/0/{place}")[:16] for place in (0, 1)]


def test_the_row_key_does_not_change_when_an_answer_arrives(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], AT)
    alone = audit([unanswered(call)]).column("issuances", "row_key")
    assert audit([call]).column("issuances", "row_key") == alone


def test_calls_of_one_request_answered_differently_are_told_apart_by_their_ordinal(audit: Audit) -> None:
    calls = [earn("B", "c1", AT, answer="e1"), earn("B", "c1", AT, answer="e2")]
    request_key = hashed('["earn","1706745600000000","B","r1",null,null,null]["c1"]')
    responses = {row_id: hashed('[null,"r1",null,null]' + answers("c1", row_id)) for row_id in ("e1", "e2")}
    found = {row["issuance_id"]: row["row_key"] for row in audit(calls)["issuances"]}
    for ordinal, row_id in enumerate(sorted(responses, key=lambda row_id: responses[row_id])):
        assert found[row_id] == hashed(f"{request_key}/{ordinal}/0")[:16]


def test_a_lone_response_is_known_by_the_hash_of_its_own_values(audit: Audit) -> None:
    call = issue_bulk("B", ["c1"], rid="r1", answers=[("c1", "654cbdfd6bccde1274b6d3a0")])
    response_key = hashed('["B","r1",null,null]' + answers("c1", "654cbdfd6bccde1274b6d3a0"))
    tables = audit([dict(call["response"])])
    assert tables.column("issuances", "row_key") == [hashed(f"{response_key}/0/0")[:16]]
    assert tables.column("findings", "row_key", code="unpaired-response") == [hashed(f"{response_key}/0")[:16]]


def test_equal_lone_responses_are_told_apart_by_their_ordinal(audit: Audit) -> None:
    response = issue_bulk("B", ["c1"], rid="r1", answers=[("c1", "i1")])["response"]
    lines = [{"loggedAt": at, "response": response} for at in ("2024-02-02T00:00:00Z", AT)]
    response_key = hashed('["B","r1",null,null]' + answers("c1", "i1"))
    tables = audit(lines)
    assert tables.column("issuances", "row_key") == [hashed(f"{response_key}/{ordinal}/0")[:16] for ordinal in (0, 1)]
    assert tables.column("issuances", "processed_at")[0] == "2024-02-01T00:00:00.000000Z"


def test_control_characters_are_hashed_with_capital_hex_digits(audit: Audit) -> None:
    call = unanswered(earn("B", "a\x1b\n\\u001b", AT))
    request_key = hashed(r'["earn","1706745600000000","B","r1",null,null,null]["a\u001B\n\\u001b"]')
    assert audit([call]).column("issuances", "row_key") == [hashed(f"{request_key}/0/0")[:16]]


def test_the_order_of_lines_never_matters(audit: Audit) -> None:
    calls = [earn("B", f"c{place}", AT, rid=f"r{place % 2}") for place in range(6)]
    assert crossing(audit, *calls) == crossing(audit, *reversed(calls))


def test_a_label_is_request_id_and_position(audit: Audit) -> None:
    call = issue_bulk("B", ["c1", "c2", "c3"], AT, rid="x/y", answers=[("c1", "i1"), ("c2", 1040), ("c3", None)])
    assert audit([call]).column("issuances", "issuance_id") == ["i1", "x/y/1", "x/y/2"]
