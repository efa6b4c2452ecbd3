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

from .compiled import njit

MAX_DEPTH = 24
MAX_KEYS = 256
MAX_LINE = 16 * 1024 * 1024
MAX_NUMBER_WHOLE = 18
MAX_NUMBER_FRACTION = 6
# A double carries this many digits before a fraction of six.
MAX_WHOLE_BEFORE_FRACTION = 10

# What may stand under a key of the API, wherever it is: anything; an object, an array of objects, an array of ids,
# or null;
# an id (a text or a whole number) or null; an id; an object.
_ANYTHING, _OBJECT, _OBJECTS, _IDS, _ID, _ONLY_ID, _ONLY_OBJECT = range(7)
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
_FNV_START, _FNV_PRIME = 14695981039346656037, 1099511628211


def _digest(key: str) -> int:
    digest = _FNV_START
    for byte in key.encode():
        digest = (digest ^ byte) * _FNV_PRIME % 2**64
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

_PREFIX = np.frombuffer(b'{"line":', dtype=np.uint8)
_MIDDLE = np.frombuffer(b',"body":', dtype=np.uint8)

_VALUE, _KEY_OR_END, _KEY, _COLON, _NEXT, _VALUE_OR_END, _DONE = range(7)

_Bytes = NDArray[np.uint8]


@njit(cache=True, nogil=True)
def _string_end(text: _Bytes, place: int, end: int) -> int:  # pragma: no cover - compiled
    """The place after the closing quote of a tame string that begins after `place`, or -1."""
    at = place
    while at < end:
        byte = text[at]
        if byte == 34:
            return at + 1
        if byte == 92:
            if at + 1 >= end:
                return -1
            follower = text[at + 1]
            if not (follower == 34 or follower == 92 or follower == 47 or follower == 98 or follower == 102
                    or follower == 110 or follower == 114 or follower == 116):  # fmt: skip
                return -1
            at += 2
        elif byte < 32:
            return -1
        elif byte < 128:
            at += 1
        else:
            width = _utf8_width(text, at, end)
            if width == 0:
                return -1
            at += width
    return -1


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def _number_end(text: _Bytes, place: int, end: int) -> int:  # pragma: no cover - compiled
    """The place after a tame number that begins at `place`, or -1: no exponent, few digits, no minus zero."""
    at = place
    if text[at] == 45:
        at += 1
    first = at
    while at < end and 48 <= text[at] <= 57:
        at += 1
    whole = at - first
    if whole == 0 or whole > MAX_NUMBER_WHOLE or (text[first] == 48 and (whole > 1 or first > place)):
        return -1
    if at < end and text[at] == 46:
        at += 1
        fraction, last = at, at
        while at < end and 48 <= text[at] <= 57:
            at += 1
            if text[at - 1] != 48:
                last = at
        if at == fraction or last - fraction > MAX_NUMBER_FRACTION or whole > MAX_WHOLE_BEFORE_FRACTION:
            return -1
    if at < end and (text[at] == 101 or text[at] == 69):
        return -1
    return at


@njit(cache=True, nogil=True)
def _literal_end(text: _Bytes, place: int, end: int) -> int:  # pragma: no cover - compiled
    """The place after `null`, `true` or `false`, or -1."""
    if place + 4 <= end:
        if text[place] == 110 and text[place + 1] == 117 and text[place + 2] == 108 and text[place + 3] == 108:
            return place + 4
        if text[place] == 116 and text[place + 1] == 114 and text[place + 2] == 117 and text[place + 3] == 101:
            return place + 4
    if place + 5 <= end and text[place] == 102 and text[place + 1] == 97 and text[place + 2] == 108:
        if text[place + 3] == 115 and text[place + 4] == 101:
            return place + 5
    return -1


@njit(cache=True, nogil=True)
def _keeps(rule: int, text: _Bytes, at: int, end: int) -> bool:  # pragma: no cover - compiled
    """True when the value that begins at `at` is of a kind that the rule allows."""
    byte = text[at]
    if rule == _ID or rule == _ONLY_ID:
        if byte == 34:
            return at + 1 < end and bool(text[at + 1] != 34)
        if byte == 45 or 48 <= byte <= 57:
            close = _number_end(text, at, end)
            for place in range(at, close):
                if text[place] == 46:
                    return False
            return close > 0
        return bool(byte == 110) and rule == _ID
    if byte == 110:
        return rule != _ONLY_OBJECT
    return bool(byte == 123 if rule == _OBJECT or rule == _ONLY_OBJECT else byte == 91)


@njit(cache=True, nogil=True)
def _is_tame(
    text: _Bytes, start: int, end: int, kinds: Any, bases: Any, hashes: Any, rules: Any
) -> bool:  # pragma: no cover - compiled
    at, depth, state, keys, rule = start, 0, _VALUE, 0, _ANYTHING
    while at < end:
        byte = text[at]
        if byte == 32 or byte == 9 or byte == 13:
            at += 1
            continue
        if state == _VALUE or state == _VALUE_OR_END:
            if rule != _ANYTHING and not (byte == 93 and state == _VALUE_OR_END):
                if not _keeps(rule, text, at, end):
                    return False
            if byte == 93 and state == _VALUE_OR_END:
                depth -= 1
                keys = bases[depth]
                state = _NEXT
                at += 1
            elif byte == 123 or byte == 91:
                if depth == MAX_DEPTH:
                    return False
                kinds[depth] = byte
                bases[depth] = keys
                # In an array of objects or ids the rule holds for every element.
                rule = _ONLY_OBJECT if rule == _OBJECTS else _ONLY_ID if rule == _IDS else _ANYTHING
                rules[depth] = rule
                depth += 1
                state = _KEY_OR_END if byte == 123 else _VALUE_OR_END
                at += 1
            elif depth == 0:
                return False
            else:
                if byte == 34:
                    at = _string_end(text, at + 1, end)
                elif byte == 45 or 48 <= byte <= 57:
                    at = _number_end(text, at, end)
                else:
                    at = _literal_end(text, at, end)
                if at < 0:
                    return False
                state = _NEXT
        elif state == _KEY or state == _KEY_OR_END:
            if byte == 125 and state == _KEY_OR_END:
                depth -= 1
                keys = bases[depth]
                state = _NEXT
                at += 1
            elif byte == 34:
                close = _string_end(text, at + 1, end)
                if close < 0 or keys == MAX_KEYS:
                    return False
                digest = np.uint64(_FNV_START)
                for place in range(at + 1, close - 1):
                    if text[place] == 92:
                        return False
                    digest = (digest ^ np.uint64(text[place])) * np.uint64(_FNV_PRIME)
                low = digest >> np.uint64(_RULE_SHIFT) & np.uint64(255)
                rule = _RULE_CODES[low] if _RULE_DIGESTS[low] == digest else _ANYTHING
                for earlier in range(bases[depth - 1], keys):
                    if hashes[earlier] == digest:
                        return False
                hashes[keys] = digest
                keys += 1
                at = close
                state = _COLON
            else:
                return False
        elif state == _COLON:
            if byte != 58:
                return False
            at += 1
            state = _VALUE
        else:
            if depth == 0:
                return False
            if byte == 44:
                state = _KEY if kinds[depth - 1] == 123 else _VALUE
                rule = _ANYTHING if state == _KEY else rules[depth - 1]
            elif (byte == 125 and kinds[depth - 1] == 123) or (byte == 93 and kinds[depth - 1] == 91):
                depth -= 1
                keys = bases[depth]
            else:
                return False
            at += 1
    return depth == 0 and state == _NEXT and kinds[0] == 123


@njit(cache=True, nogil=True)
def _put(target: _Bytes, place: int, source: _Bytes, start: int, end: int) -> int:  # pragma: no cover - compiled
    target[place : place + end - start] = source[start:end]
    return place + end - start


@njit(cache=True, nogil=True)
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
    """Sift whole lines in `text`, which ends with a line feed or with the file; `first` is the place of the first.

    `places` gets `(start, end, tame)` of each line, without its line end; tame lines are written to `target` as
    `{"line":PLACE,"body":…}`. Returns the bytes written and the number of lines. `target` needs room for `length`
    bytes and 40 for every line, `places` a row for every line.
    """
    kinds = np.empty(MAX_DEPTH, np.int64)
    bases = np.zeros(MAX_DEPTH + 1, np.int64)
    hashes = np.empty(MAX_KEYS, np.uint64)
    rules = np.zeros(MAX_DEPTH, np.int64)
    written = line = start = 0
    length = len(text)
    while start < length:
        end = start
        while end < length and text[end] != 10:
            end += 1
        stop = end - 1 if end > start and text[end - 1] == 13 else end
        tame = 0 < stop - start <= MAX_LINE and text[start] == 123
        if tame and _is_tame(text, start, stop, kinds, bases, hashes, rules):
            written = _put(target, written, _PREFIX, 0, len(_PREFIX))
            written = _put_number(target, written, first + line)
            written = _put(target, written, _MIDDLE, 0, len(_MIDDLE))
            written = _put(target, written, text, start, stop)
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
