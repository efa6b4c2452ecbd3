"""The sieve: which lines are tame, so that DuckDB may read them (FAULTS 3.5 says what its JSON reader lets pass).

A line is *tame* when it is one JSON object, strictly valid, whose fast reading provably equals the careful one:
UTF-8, no
duplicate keys, no `\\u` escape, no escape in a key, no deep nesting, numbers that a double carries exactly, and
objects, arrays and ids where the API has them. The sieve only
proves; a line that it does not pass is not refused but read by the one judge, :mod:`badgeledger.records.strict_json`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import first_byte, leaf, njit, word

MAX_DEPTH = 24
MAX_KEYS = 256
MAX_LINE = 16 * 1024 * 1024
MAX_NUMBER_WHOLE = 18
MAX_NUMBER_FRACTION = 6
# A double carries this many digits before a fraction of six.
MAX_WHOLE_BEFORE_FRACTION = 10

# What may stand under a key of the API, wherever it is: anything; an object, an array of objects, an array of ids,
# or null; an id (a text or a whole number) or null; an id; an object.
_ANYTHING, _OBJECT, _OBJECTS, _IDS, _ID, _ONLY_ID, _ONLY_OBJECT = range(7)
_TEXT, _NUMBER, _BRACE, _BRACKET, _NULL, _BOOLEAN = (1 << bit for bit in range(6))
_ALLOWED = np.array(
    [63, _BRACE | _NULL, _BRACKET | _NULL, _BRACKET | _NULL, _TEXT | _NUMBER | _NULL, _TEXT | _NUMBER, _BRACE], np.int64
)
# The rule of an array's elements, by the rule of the array.
_ELEMENT = np.array([_ANYTHING, _ANYTHING, _ONLY_OBJECT, _ONLY_ID, _ANYTHING, _ANYTHING, _ANYTHING], np.int64)
# The kind of the value that begins with a byte; none begins with the others.
_KINDS = np.zeros(256, np.int64)
for _first, _kind in (
    ('"', _TEXT),
    ("-0123456789", _NUMBER),
    ("{", _BRACE),
    ("[", _BRACKET),
    ("n", _NULL),
    ("tf", _BOOLEAN),
):
    _KINDS[list(_first.encode())] = _kind
_RULES = {
    "request": _OBJECT,
    "response": _OBJECT,
    "data": _OBJECT,
    "triggeredBy": _OBJECT,
    "error": _OBJECT,
    "errors": _OBJECTS,
    "issuedBadges": _OBJECTS,
    "earnedBadgesList": _OBJECTS,
    "failedEarnBadgeErrorList": _OBJECTS,
    "customers": _IDS,
    "customerIds": _IDS,
    "badgeMetaId": _ID,
    "requestId": _ID,
    "referenceId": _ID,
    "issuedId": _ID,
    "earnedBadgeId": _ID,
    "code": _ID,
    "errorCode": _ID,
    "customerId": _ONLY_ID,
}
_DIGEST_START, _DIGEST_PRIME = 14695981039346656037, 1099511628211


def _digest(key: str) -> int:
    digest, text = _DIGEST_START, key.encode()
    for place in range(0, len(text), 8):
        digest = (digest ^ int.from_bytes(text[place : place + 8], "little")) * _DIGEST_PRIME % 2**64
    return digest


def _rule_table() -> tuple[int, NDArray[np.uint64], NDArray[np.int64]]:
    """A shift, and the digests and rules of the keys, each in the place of the eight bits of its digest above that
    shift."""
    found = {_digest(key): rule for key, rule in _RULES.items()}
    shift = next(shift for shift in range(56) if len({digest >> shift & 255 for digest in found}) == len(found))
    digests, rules = np.zeros(256, np.uint64), np.zeros(256, np.int64)
    for digest, rule in found.items():
        digests[digest >> shift & 255], rules[digest >> shift & 255] = digest, rule
    return shift, digests, rules


_RULE_SHIFT, _RULE_DIGESTS, _RULE_CODES = _rule_table()

# Eight bytes are looked at as one number: these have the same byte eight times.
_ONES, _HIGHS, _BLANKS, _QUOTES, _BACKSLASHES, _ZEROS, _ABOVE_NINE = (
    np.uint64(int.from_bytes(bytes([byte]) * 8, "little")) for byte in (0x01, 0x80, 0x20, 0x22, 0x5C, 0x30, 0x76)
)

_PREFIX = np.frombuffer(b'{"line":', dtype=np.uint8)
_MIDDLE = np.frombuffer(b',"body":', dtype=np.uint8)

_Bytes = NDArray[np.uint8]


@leaf
def _plain_end(text: _Bytes, place: int) -> int:  # pragma: no cover - compiled
    """The first place from `place` on of a quote, a backslash, a control character or a byte that is not ASCII."""
    at = place
    while at + 8 <= len(text):
        eight = word(text, at)
        quote, backslash = eight ^ _QUOTES, eight ^ _BACKSLASHES
        # Subtracting turns the high bit of a byte on that is too small; what it does behind the first one is no matter.
        found = (quote - _ONES) & ~quote | (backslash - _ONES) & ~backslash | (eight - _BLANKS) & ~eight | eight
        if found & _HIGHS:
            return int(at + first_byte(found & _HIGHS))
        at += 8
    while at < len(text) and 32 <= text[at] < 128 and text[at] != 34 and text[at] != 92:
        at += 1
    return at


@leaf
def _string_end(text: _Bytes, place: int) -> int:  # pragma: no cover - compiled
    """The place after the closing quote of a tame string that begins after `place`, or -1."""
    at = _plain_end(text, place)
    while at < len(text):
        byte = text[at]
        if byte == 34:
            return at + 1
        if byte == 92:
            if at + 1 >= len(text):
                return -1
            follower = text[at + 1]
            if not (follower == 34 or follower == 92 or follower == 47 or follower == 98 or follower == 102
                    or follower == 110 or follower == 114 or follower == 116):  # fmt: skip
                return -1
            at += 2
        elif byte < 32:
            return -1
        else:
            width = _utf8_width(text, at, len(text))
            if width == 0:
                return -1
            at += width
        at = _plain_end(text, at)
    return -1


@leaf
def _utf8_width(text: _Bytes, at: int, end: int) -> int:  # pragma: no cover - compiled
    """Bytes of the well-formed UTF-8 sequence at `at` (Unicode, table 3-7), or 0."""
    lead = text[at]
    low, high, width = 0x80, 0xBF, 0
    if 0xC2 <= lead <= 0xDF:
        width = 2
    elif 0xE0 <= lead <= 0xEF:
        width = 3
        low = 0xA0 if lead == 0xE0 else 0x80
        high = 0x9F if lead == 0xED else 0xBF
    elif 0xF0 <= lead <= 0xF4:
        width = 4
        low = 0x90 if lead == 0xF0 else 0x80
        high = 0x8F if lead == 0xF4 else 0xBF
    if width == 0 or at + width > end or not low <= text[at + 1] <= high:
        return 0
    for offset in range(2, width):
        if not 0x80 <= text[at + offset] <= 0xBF:
            return 0
    return width


@leaf
def _digits_end(text: _Bytes, place: int) -> int:  # pragma: no cover - compiled
    """The first place from `place` on that is no digit."""
    at = place
    while at + 8 <= len(text):
        eight = word(text, at) ^ _ZEROS
        found = (eight + _ABOVE_NINE | eight) & _HIGHS
        if found:
            return int(at + first_byte(found))
        at += 8
    while at < len(text) and 48 <= text[at] <= 57:
        at += 1
    return at


@leaf
def _number_end(text: _Bytes, place: int) -> int:  # pragma: no cover - compiled
    """The place after a tame number that begins at `place`, or -1: no exponent, few digits, no minus zero."""
    first = place + 1 if text[place] == 45 else place
    at = _digits_end(text, first)
    whole = at - first
    if whole == 0 or whole > MAX_NUMBER_WHOLE or (text[first] == 48 and (whole > 1 or first > place)):
        return -1
    if at < len(text) and text[at] == 46:
        fraction = at + 1
        at = _digits_end(text, fraction)
        last = at
        while last > fraction and text[last - 1] == 48:
            last -= 1
        if at == fraction or last - fraction > MAX_NUMBER_FRACTION or whole > MAX_WHOLE_BEFORE_FRACTION:
            return -1
    if at < len(text) and (text[at] == 101 or text[at] == 69):
        return -1
    return at


@leaf
def _literal_end(text: _Bytes, place: int) -> int:  # pragma: no cover - compiled
    """The place after `null`, `true` or `false`, or -1."""
    if place + 4 <= len(text):
        if text[place] == 110 and text[place + 1] == 117 and text[place + 2] == 108 and text[place + 3] == 108:
            return place + 4
        if text[place] == 116 and text[place + 1] == 114 and text[place + 2] == 117 and text[place + 3] == 101:
            return place + 4
    if place + 5 <= len(text) and text[place] == 102 and text[place + 1] == 97 and text[place + 2] == 108:
        if text[place + 3] == 115 and text[place + 4] == 101:
            return place + 5
    return -1


@leaf
def _key_digest(text: _Bytes, start: int, end: int) -> Any:  # pragma: no cover - compiled
    """A number for the key that stands in `start` to `end`: equal keys have equal ones."""
    digest = np.uint64(_DIGEST_START)
    at = start
    while at < end:
        if at + 8 <= len(text):
            eight = word(text, at)
            if end - at < 8:
                eight &= (np.uint64(1) << np.uint64(8 * (end - at))) - np.uint64(1)
        else:
            eight = np.uint64(0)
            for place in range(end - 1, at - 1, -1):
                eight = eight << np.uint64(8) | np.uint64(text[place])
        digest = (digest ^ eight) * np.uint64(_DIGEST_PRIME)
        at += 8
    return digest


@leaf
def _skipped(text: _Bytes, place: int) -> int:  # pragma: no cover - compiled
    """The first place from `place` on that is no blank, tab or carriage return."""
    at = place
    while at < len(text) and (text[at] == 32 or text[at] == 9 or text[at] == 13):
        at += 1
    return at


@leaf
def _scalar_end(text: _Bytes, at: int, kind: int, rule: int) -> int:  # pragma: no cover - compiled
    """The place after a tame text, number or literal, or -1 where there is none, or an empty or broken id."""
    is_id = rule == _ID or rule == _ONLY_ID
    if kind == _TEXT:
        end = _string_end(text, at + 1)
        return -1 if is_id and end == at + 2 else end
    if kind == _NUMBER:
        end = _number_end(text, at)
        if is_id:
            for place in range(at, end):
                if text[place] == 46:
                    return -1
        return end
    return _literal_end(text, at)


@leaf
def _tame_end(
    text: _Bytes, start: int, kinds: Any, bases: Any, hashes: Any, rules: Any
) -> int:  # pragma: no cover - compiled
    """The place of the line feed behind the tame object that begins at `start`, or -1.

    `kinds`, `bases` and `rules` hold the bracket, the first key and the rule of the elements of each open level;
    `hashes` the digests of all keys of the open levels.
    """
    size = len(text)
    at, depth, keys, rule = start, 0, 0, _ONLY_OBJECT
    while at < size:
        kind = _KINDS[text[at]]
        if not kind & _ALLOWED[rule]:
            return -1
        closed = True
        if kind == _BRACE or kind == _BRACKET:
            if depth == MAX_DEPTH:
                return -1
            kinds[depth], bases[depth], rules[depth] = kind, keys, _ELEMENT[rule]
            depth += 1
            at = _skipped(text, at + 1)
            closed = False
        else:
            at = _scalar_end(text, at, kind, rule)
            if at < 0:
                return -1
            at = _skipped(text, at)
        # Close what ends here; behind a comma, or an opening bracket, stands the next value.
        while at < size:
            is_object = kinds[depth - 1] == _BRACE
            if text[at] == (125 if is_object else 93):
                depth -= 1
                keys = bases[depth]
                at = _skipped(text, at + 1)
                closed = True
                if depth == 0:
                    return at if at < size and text[at] == 10 else -1
                continue
            if closed:
                if text[at] != 44:
                    return -1
                at = _skipped(text, at + 1)
            if not is_object:
                rule = rules[depth - 1]
                break
            if at >= size or text[at] != 34 or keys == MAX_KEYS:
                return -1
            close = _string_end(text, at + 1)
            if close < 0:
                return -1
            digest = _key_digest(text, at + 1, close - 1)
            for place in range(_plain_end(text, at + 1), close - 1):
                if text[place] == 92:
                    return -1
            for earlier in range(bases[depth - 1], keys):
                if hashes[earlier] == digest:
                    return -1
            hashes[keys] = digest
            keys += 1
            low = digest >> np.uint64(_RULE_SHIFT) & np.uint64(255)
            rule = _RULE_CODES[low] if _RULE_DIGESTS[low] == digest else _ANYTHING
            at = _skipped(text, close)
            if at >= size or text[at] != 58:
                return -1
            at = _skipped(text, at + 1)
            break
    return -1


@leaf
def _put(target: _Bytes, place: int, source: _Bytes) -> int:  # pragma: no cover - compiled
    for at in range(len(source)):
        target[place + at] = source[at]
    return place + len(source)


@leaf
def _put_number(target: _Bytes, place: int, number: int) -> int:  # pragma: no cover - compiled
    digits = 1
    rest = number // 10
    while rest > 0:
        digits += 1
        rest //= 10
    for at in range(place + digits - 1, place - 1, -1):
        target[at] = 48 + number % 10
        number //= 10
    return place + digits


@njit(cache=True, nogil=True)
def sift(text: _Bytes, first: int, target: _Bytes, places: Any) -> tuple[int, int]:  # pragma: no cover - compiled
    """Sift whole lines in `text`; `first` is the place of the first. A last line without line feed is not tame.

    `places` gets `(start, end, tame)` of each line, without its line end; tame lines are written to `target` as
    `{"line":PLACE,"body":…}`. Returns the bytes written and the number of lines. `target` needs room for `length`
    bytes and 40 for every line, `places` a row for every line.
    """
    kinds = np.empty(MAX_DEPTH, np.int64)
    bases = np.zeros(MAX_DEPTH + 1, np.int64)
    hashes = np.empty(MAX_KEYS, np.uint64)
    rules = np.zeros(MAX_DEPTH, np.int64)
    written = line = start = 0
    while start < len(text):
        end = _tame_end(text, start, kinds, bases, hashes, rules)
        tame = end >= 0
        if not tame:
            end = start
            while end < len(text) and text[end] != 10:
                end += 1
        stop = end - 1 if end > start and text[end - 1] == 13 else end
        if tame and stop - start <= MAX_LINE:
            written = _put(target, written, _PREFIX)
            written = _put_number(target, written, first + line)
            written = _put(target, written, _MIDDLE)
            target[written : written + stop - start] = text[start:stop]
            written += stop - start
            target[written] = 125
            target[written + 1] = 10
            written += 2
            places[line, 2] = 1
        else:
            places[line, 2] = 0
        places[line, 0] = start
        places[line, 1] = stop
        line += 1
        start = end + 1
    return written, line
