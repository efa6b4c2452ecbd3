"""Records that are nearly right: the same log with odd values, lost and doubled fields, and broken bytes."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from harness import Line, text_of

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, "", " ", "0", "-0", "007", " 5", "5 ", "+5", "1_000", "0x10", "٣", "1e3", "1E-3", "1.0", "1.50",
    "NaN", "inf", "null", "[]", 0, -1, 1.5, 2.0, 1e3, 1e22, 10**11, 10**14, 10**17, -(10**12), 10**30, 0.1234567,
    "1713860055.1234567", "1713860055.", ".5", "2024-02-01", "2024-02-01T00:00:00", "2024-02-01T00:00:00Z",
    "2024-02-01 00:00:00.1234567+05:30", "2024-02-30T00:00:00Z", "2024-02-01T24:00:00Z", "2024-02-01T23:59:60Z",
    "2024-02-01T00:00Z", "2024-02-01T00:00:00+25:00", "2024-02-01T00:00:00+0530", "2024-02-01T00:00:00-05",
    "0001-01-02T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2024-2-1T00:00:00Z", "24-02-01T00:00:00Z", "infinity",
    "epoch", [], {}, [1], [None], ["a", "b"], ["a", ["b"]], [1, "1", 1.0], [True], [""], {"code": 1}, {"code": "809"},
    "\u0000", "a\tb", "\u2028", "é", "e\u0301", "😀", 'quote"', "back\\slash", "x" * 300, "Loyalty", "loyalty ",
    "WEEKS", "weeks", "issueBulk", "earn", "customer/earnBulk/", "import",
)  # fmt: skip
_BROKEN = (b"", b",", b'"', b"}", b"\\", b" ", b"\t", b"\xff", b"\xc3\xa9", b"\x01", b"\r", b"0", b"e")
NUMBERS = (
    "1E400",
    "-0",
    "-0.0",
    "1e5",
    "0.00000000000000000001",
    "123456789012345678901234567890",
    "1.0000000",
    "5E-7",
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a record."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, item in inside for place in ((*path, key), *_places(item, (*path, key)))]


def _changed(random: Random, record: dict[str, Any]) -> str:
    record = json.loads(json.dumps(record))
    places = _places(record)
    path = random.choice(places)
    holder = record
    for key in path[:-1]:
        holder = holder[key]
    if isinstance(holder, dict) and random.random() < 0.25:
        change = random.choice(("lose", "rename", "raw"))
        value = holder.pop(path[-1])
        if change == "rename":
            holder[random.choice(("id", "data", "badgeMetaId", "customers", "endpoint", "request", "x"))] = value
        if change == "raw":
            holder[path[-1]] = "RAW NUMBER"
    else:
        holder[path[-1]] = random.choice(ODD_VALUES)
    text = json.dumps(record, ensure_ascii=random.random() < 0.5)
    text = text.replace('"RAW NUMBER"', random.choice(NUMBERS))
    if random.random() < 0.1 and text.startswith('{"'):
        text = "{" + text[1 : text.find(":")] + ": 1, " + text[1:]
    return text


def mutated(random: Random, line: Line) -> Line:
    """The line with a fault in it; not every fault is one that a reader minds."""
    if not isinstance(line, dict) or random.random() < 0.2:
        raw = bytearray(text_of(line).replace(b"\n", b" "))
        for _ in range(random.choice((1, 1, 2))):
            place = random.randrange(len(raw) + 1)
            broken = random.choice(_BROKEN)
            raw[place : place + random.choice((0, 1))] = broken
        return bytes(raw)
    return _changed(random, line)
