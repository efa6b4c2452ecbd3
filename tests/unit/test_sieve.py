"""The sieve proves lines: what it calls tame is strict JSON, and DuckDB reads it as the careful reader would."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from badgeledger import generate, ingest, sieve
from badgeledger.records import strict_json
from badgeledger.warehouse import Warehouse

EXCHANGE = {
    "loggedAt": "2026-01-19T12:23:16.715319Z",
    "endpoint": "/v1/badges/badgeMeta/customer/issueBulk",
    "request": {
        "badgeMetaId": "66276dc68fe258516a88ff8e",
        "customers": [62090013, "62090014", 123],
        "requestId": 21390,
        "issueEventDate": 1713860055.25,
        "issueEventDateISO": "2024-04-23T13:44:15.25+05:30",
        "triggeredBy": {"ownerType": "loyalty", "referenceId": "é"},
    },
    "response": {
        "data": {
            "badgeMetaId": "66276dc68fe258516a88ff8e",
            "requestId": "21390",
            "expiresOn": 1926235957.654572,
            "issuedBadges": [
                {"customerId": 123, "issuedId": "66869a3598592f327b849b2c", "error": None},
                {"customerId": "62090014", "issuedId": None, "error": {"code": 1040, "message": 'a "quoted" word'}},
            ],
        },
        "errors": [],
        "warnings": [],
    },
}
EARN = {
    "loggedAt": 1768825396.715319,
    "endpoint": "earn",
    "request": {"badgeMetaId": "b", "customerId": 7, "requestId": "r", "earnEventDate": 1768825396},
    "response": {"data": {"customerId": 7, "earnedBadgeId": "e-1", "expiresOn": "1799632870.000000000"}, "errors": []},
}
EARN_BULK = {
    "loggedAt": "2026-01-19T12:23:16Z",
    "endpoint": "earnBulk",
    "request": {"badgeMetaId": "b", "customerIds": [1, 2, 2], "requestId": "r2"},
    "response": {
        "data": {
            "earnedBadgesList": [{"customerId": 2, "earnedBadgeId": "e-2"}],
            "failedEarnBadgeErrorList": [{"customerId": 1, "errorCode": 816}],
        },
        "errors": None,
    },
}
# What a hostile or careless writer may put in the place of a value.
ODD = (
    None, True, False, 0, -0.0, 1.5, -1, 10**17, 10**30, "", "null", "true", " ", "1.0", "1e5", "\u0001", "x\ny",
    [], [1], {}, {"a": 1}, [None], ["7"], [{}], [[1]], "1713860055", "1713860055.1234567", 1713860055.9999999, 1e11,
    1.7e12, "2024-02-30T00:00:00Z", "2024-02-29T24:00:00Z", "2024-02-29T00:00:00", "2024-02-29 00:00:00Z",
    "2024-02-29T00:00:00.1234567Z", "2024-02-29T00:00Z", "2024-02-29T00:00:00+23:59", "LOYALTY", "Shop", "//earn",
    "x?a=/earn", "/a/earn/", "/a/earn",
)  # fmt: skip


def sift(lines: list[bytes]) -> list[bool]:
    text = np.frombuffer(b"".join(line + b"\n" for line in lines), dtype=np.uint8)
    target = np.empty(len(text) + 40 * (len(lines) + 1), dtype=np.uint8)
    places = np.empty((len(lines) + 1, 3), dtype=np.int64)
    _, found = sieve.sift(text, 0, target, places)
    assert found == len(lines)
    return [bool(tame) for tame in places[:found, 2]]


def mutated(line: bytes, draw: random.Random) -> bytes:
    """The line with one to three bytes changed, lost or put in."""
    alphabet = b'{}[]",:0123456789.eE-+tfnul\\ \t\r\x01\x80\xc3\xa9aZ'
    text = bytearray(line)
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(len(text))
        kind = draw.randrange(3)
        if kind == 0:
            text[place] = draw.choice(alphabet)
        elif kind == 1:
            del text[place]
        else:
            text.insert(place, draw.choice(alphabet))
    return bytes(text).replace(b"\n", b" ")


def test_a_tame_line_is_strict_json() -> None:
    draw = random.Random(11)
    plain = [json.dumps(record, ensure_ascii=False).encode() for record in (EXCHANGE, EARN, EARN_BULK)]
    lines = [mutated(draw.choice(plain), draw) for _ in range(30_000)]
    tame = sift(lines)
    for line, is_tame in zip(lines, tame, strict=True):
        if is_tame:
            assert isinstance(strict_json.parse(line), dict), line
    # A sieve that lets nothing pass, or a mutation that breaks nothing, would prove nothing.
    assert 5_000 < sum(tame) < 29_000


@pytest.mark.parametrize(
    "line",
    [
        b'{"a":1,}', b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":01}',
        b'{"a":1.}', b'{"a":-}', b'{"a":1e400}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":"\x00"}',
        b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'{"a":"\xed\xa0\x80"}', b'{"a":1}}', b'{"a":[1}', b'{"a":1',
        b'{"a"}', b"{a:1}", b"[1]", b"null", b"", b" ", b"{'a':1}", b'{"a":1}{"b":2}', b'{"a":tru}',
        b'{"a":1.1234567}', b'{"a":-0}', b'{"request":[]}', b'{"request":{"customers":7}}', b'{"errors":[null]}',
        b'{"requestId":true}', b'{"requestId":1.0}', b'{"customerId":null}', b'{"customers":[""]}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_strict_json_or_tells_values_apart_too_finely_is_not_tame(line: bytes) -> None:
    assert sift([line, b'{"a":1}']) == [False, True]


def odd_records(draw: random.Random, count: int) -> list[bytes]:
    """Records of the API with one or two values replaced, at any depth."""
    lines = []
    for _ in range(count):
        record = json.loads(json.dumps(draw.choice((EXCHANGE, EARN, EARN_BULK))))
        for _ in range(draw.randrange(1, 3)):
            holder: Any = record
            while True:
                key = draw.choice(list(holder) if isinstance(holder, dict) else list(range(len(holder))))
                if not isinstance(holder[key], dict | list) or not holder[key] or draw.random() < 0.15:
                    holder[key] = json.loads(json.dumps(draw.choice(ODD)))
                    break
                holder = holder[key]
        lines.append(json.dumps(record, ensure_ascii=draw.random() < 0.5).encode())
    return lines


def raw_rows(folder: Path, name: str, inputs: Path) -> dict[str, list[tuple[Any, ...]]]:
    with Warehouse.open(folder / f"{name}.duckdb") as warehouse, warehouse.transaction():
        ingest.ingest(warehouse, [ingest.Input(str(inputs))], folder)
        return {
            table: warehouse.con.execute(f"SELECT * FROM raw.{table} ORDER BY file_id, record_no").fetchall()
            for table in ("call", "definition", "time_note")
        } | {
            "quarantine": warehouse.con.execute(
                "SELECT file_id, record_no, reason, raw FROM raw.quarantine ORDER BY ALL"
            ).fetchall()
        }


def test_fast_and_careful_reading_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generate.generate(tmp_path / "log", issuances=3_000, badges=8, seed=5)
    odd = odd_records(random.Random(12), 6_000)
    (tmp_path / "log" / "odd.jsonl").write_bytes(b"\n".join(odd))
    fast = raw_rows(tmp_path, "fast", tmp_path / "log")
    tame = sum(sift(odd))
    sieved = sieve.sift

    def nothing_is_tame(text: Any, first: int, target: Any, places: Any) -> tuple[int, int]:
        _, found = sieved(text, first, target, places)
        places[:found, 2] = 0
        return 0, found

    monkeypatch.setattr(sieve, "sift", nothing_is_tame)
    careful = raw_rows(tmp_path, "careful", tmp_path / "log")
    assert fast == careful
    assert 500 < tame < 5_500
    assert len({reason for _, _, reason, _ in fast["quarantine"]}) >= 6
