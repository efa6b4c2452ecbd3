"""Small readable logs, and the two programs that read them.

A test writes its log with the builders below (each gives one record in the API's own shape), hands it to `witness` or
`engine`, and compares the tables that come back with a small table of its own. Both programs answer with the same
thing: table name -> rows, each row column -> the text of the CSV file.
"""

from __future__ import annotations

import atexit
import csv
import gzip
import io
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from badgeledger import accounting, ingest
from badgeledger.ingest import FileResult
from badgeledger.pipeline import Rules
from badgeledger.reports.tables import csv_text
from badgeledger.warehouse import Warehouse
from badgeledger.witness import audit

Record = dict[str, Any]
Line = Record | str | bytes
Row = dict[str, str]
Files = Mapping[str, Iterable[Line] | bytes]

TABLES = (
    "badges",
    "issuances",
    "breaches",
    "cycles",
    "cycle_counts",
    "usage",
    "expirations",
    "findings",
    "quarantine",
    "limits",
    "daily",
)
KEYS = {
    "badges": ("badge_id",),
    "issuances": ("processed_at", "request_id", "position", "row_key"),
    "breaches": ("badge_id", "limit_name", "processed_at", "row_key"),
    "cycles": ("badge_id", "scope", "cycle_no"),
    "cycle_counts": ("badge_id", "scope", "cycle_no", "customer_id"),
    "usage": ("badge_id", "limit_name", "customer_id"),
    "expirations": ("processed_at", "row_key"),
    "findings": ("code", "badge_id", "processed_at", "row_key"),
    "quarantine": ("source_file", "source_line"),
    "limits": ("badge_id", "version", "limit_name"),
    "daily": ("badge_id", "day"),
}
WHOLE_NUMBERS = {"position", "cycle_no", "source_line"}
LATE = "2030-01-01T00:00:00Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# --- time ---------------------------------------------------------------------------------------------------------


def micros(text: str) -> int:
    """Microseconds since the epoch of ISO text with an offset."""
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - _EPOCH) // timedelta(microseconds=1)


def seconds(text: str) -> int | float:
    """The same as the API writes it: epoch seconds, with a fraction where there is one."""
    whole, fraction = divmod(micros(text), 1_000_000)
    return float(f"{whole}.{fraction:06}") if fraction else whole


# --- definitions --------------------------------------------------------------------------------------------------


def definition(
    badge_id: str = "B",
    *,
    start: str = "2024-01-01T00:00:00Z",
    end: str = "2025-01-01T00:00:00Z",
    since: str | None = "2023-12-01T00:00:00Z",
    limits: Iterable[Record] = (),
    earned: Record | None = None,
    issued: Record | None = None,
    owners: Sequence[str] = (),
    earn_type: str = "EARN",
    name: str | None = None,
    **other: Any,
) -> Record:
    """A badge definition as the platform stores it; `since` is its lastUpdatedOn, the instant it is in force from."""
    constraints = list(limits)
    record: Record = {
        "id": badge_id,
        "orgId": 100606,
        "name": f"badge {badge_id}" if name is None else name,
        "startOn": seconds(start),
        "expiresOn": seconds(end),
        "earnedBadgeExpiry": earned,
        "issuedBadgeExpiry": issued,
        "ownership": {"restrictedToOwners": list(owners), "claims": []},
        "customerConstraints": [c for c in constraints if c["constraintType"].startswith("CUSTOMER")],
        "badgeConstraints": [c for c in constraints if not c["constraintType"].startswith("CUSTOMER")],
        "earnType": earn_type,
        "active": True,
    }
    if since is not None:
        record["lastUpdatedOn"] = seconds(since)
    record.update(other)
    return record


def without(record: Record, *names: str) -> Record:
    """The record with some of its fields left out."""
    return {name: value for name, value in record.items() if name not in names}


def _scoped(scope: str, kind: str) -> str:
    return ("CUSTOMER_BADGE_" if scope == "CUSTOMER" else "BADGE_") + kind


def every_days(days: int, number: int, scope: str = "CUSTOMER") -> Record:
    kind = _scoped(scope, "FIXED_WINDOW")
    return {"constraintType": kind, "durationType": "DAYS", "refreshRate": days, "maxEarnLimit": number}


def every_week(start_day: str, number: int, scope: str = "CUSTOMER") -> Record:
    kind = _scoped(scope, "FIXED_WINDOW")
    return {"constraintType": kind, "durationType": "WEEKS", "startDayOfTheWeek": start_day, "maxEarnLimit": number}


def every_month(number: int, scope: str = "CUSTOMER") -> Record:
    return {"constraintType": _scoped(scope, "FIXED_WINDOW"), "durationType": "MONTHS", "maxEarnLimit": number}


def rolling(
    *, days: tuple[int, int] | None = None, weeks: tuple[int, int] | None = None, months: tuple[int, int] | None = None
) -> Record:
    """The customer's rolling triple; each pair is (units, number)."""
    record: Record = {"constraintType": "CUSTOMER_BADGE_ROLLING_WINDOW"}
    for unit, pair in (("Days", days), ("Weeks", weeks), ("Months", months)):
        if pair is not None:
            record |= {f"rollFor{unit}": pair[0], f"maxEarnFor{unit}": pair[1]}
    return record


def badge_rolling(unit: str, units: int, number: int) -> Record:
    return {
        "constraintType": "BADGE_ROLLING_WINDOW",
        "rollType": unit,
        "rollValue": units,
        "maxEarnLimit": number,
    }


def fixed_value(number: int, scope: str = "CUSTOMER") -> Record:
    return {"constraintType": _scoped(scope, "FIXED_VALUE"), "maxEarnLimit": number}


def no_limit(scope: str = "CUSTOMER") -> Record:
    return {"constraintType": _scoped(scope, "NO_LIMIT"), "maxEarnLimit": 0}


def relative(unit: str, value: int) -> Record:
    return {"expiryType": "RELATIVE", "relativeExpiryType": unit, "value": value}


def fixed_date(instant: str) -> Record:
    return {"expiryType": "ABSOLUTE", "type": "FIXED_DATE", "expiresOn": seconds(instant)}


def with_badge() -> Record:
    return {"expiryType": "ABSOLUTE", "type": "WITH_BADGE_META", "expiresOn": None, "expireWithBadgeMeta": True}


def never() -> Record:
    return {"expiryType": "NEVER"}


# --- calls --------------------------------------------------------------------------------------------------------

# An answer is the row id (accepted), an error code (refused), or None (accepted, but no id was given).
Answer = str | int | None


def _call(at: str | None, endpoint: str, request: Record, response: Record) -> Record:
    dated = {} if at is None else {"loggedAt": at}
    return {**dated, "endpoint": endpoint, "request": request, "response": response}


def _request(badge: str | None, request_id: str | None, event: Record, owner: str | None) -> Record:
    request: Record = {} if badge is None else {"badgeMetaId": badge}
    if request_id is not None:
        request["requestId"] = request_id
    request |= event
    if owner is not None:
        request["triggeredBy"] = {"ownerType": owner, "referenceId": "1"}
    return request


def _answers(
    customers: Sequence[Any], request_id: str | None, answers: Sequence[tuple[Any, Answer]] | None
) -> list[tuple[Any, Answer]]:
    if answers is not None:
        return list(answers)
    return [(customer, f"{request_id or ''}.{position}") for position, customer in enumerate(customers)]


def _error(code: int) -> Record:
    return {"code": code, "message": f"error {code}", "reference": None}


def issue_bulk(
    badge: str | None,
    customers: Any,
    at: str | None = None,
    *,
    rid: str | None = "r1",
    event: str | None = None,
    answers: Sequence[tuple[Any, Answer]] | None = None,
    owner: str | None = None,
    expires: str | None = None,
) -> Record:
    """An issueBulk exchange. Row ids are `RID.POSITION` unless `answers` says otherwise."""
    request = _request(badge, rid, {} if event is None else {"issueEventDate": seconds(event)}, owner)
    request["customers"] = customers
    listed = customers if isinstance(customers, list) else [customers]
    rows = []
    for customer, answer in _answers(listed, rid, answers):
        row: Record = {"customerId": customer, "error": _error(answer) if isinstance(answer, int) else None}
        if isinstance(answer, str):
            row["issuedId"] = answer
        rows.append(row)
    data: Record = {"badgeMetaId": badge, "requestId": rid, "issuedBadges": rows}
    if expires is not None:
        data["expiresOn"] = seconds(expires)
    return _call(at, "issueBulk", request, {"data": data, "errors": [], "warnings": []})


def earn(
    badge: str | None,
    customer: Any,
    at: str | None = None,
    *,
    rid: str | None = "r1",
    event: str | None = None,
    answer: Answer = "",
    owner: str | None = None,
    expires: str | None = None,
) -> Record:
    """An earn exchange. Its row id is `RID.0` unless `answer` says otherwise; a code refuses it."""
    request = _request(badge, rid, {} if event is None else {"earnEventDate": seconds(event)}, owner)
    request["customerId"] = customer
    if isinstance(answer, int):
        return _call(at, "earn", request, {"data": None, "errors": [_error(answer)], "warnings": []})
    data: Record = {"customerId": customer, "requestId": rid}
    if answer is not None:
        data["earnedBadgeId"] = answer or f"{rid or ''}.0"
    if expires is not None:
        data["expiresOn"] = seconds(expires)
    return _call(at, "earn", request, {"data": data, "errors": [], "warnings": []})


def earn_bulk(
    badge: str | None,
    customers: Any,
    at: str | None = None,
    *,
    rid: str | None = "r1",
    event: str | None = None,
    answers: Sequence[tuple[Any, Answer]] | None = None,
    owner: str | None = None,
) -> Record:
    """An earnBulk exchange; its response knows no requestId."""
    request = _request(badge, rid, {} if event is None else {"earnEventDate": seconds(event)}, owner)
    request["customerIds"] = customers
    listed = customers if isinstance(customers, list) else [customers]
    earned: list[Record] = []
    failed: list[Record] = []
    for customer, answer in _answers(listed, rid, answers):
        if isinstance(answer, int):
            failed.append({"customerId": customer, "errorCode": answer})
        else:
            earned.append({"customerId": customer} | ({} if answer is None else {"earnedBadgeId": answer}))
    data = {"earnedBadgesList": earned, "failedEarnBadgeErrorList": failed}
    return _call(at, "earnBulk", request, {"data": data, "errors": [], "warnings": []})


def refused(exchange: Record, code: int) -> Record:
    """The same call, refused as a whole."""
    return exchange | {"response": {"data": None, "errors": [_error(code)], "warnings": []}}


def unanswered(exchange: Record) -> Record:
    """The same call, with no response in its line."""
    return without(exchange, "response")


def unasked(exchange: Record) -> Record:
    """The response half of the call as a line of its own, endpoint beside it."""
    return without(exchange, "request")


def bare_request(exchange: Record) -> Record:
    """The request body alone, as the client sent it."""
    return dict(exchange["request"])


def bare_response(exchange: Record) -> Record:
    """The response body alone, as the platform sent it."""
    return dict(exchange["response"])


def define(record: Record, at: str | None = None) -> Record:
    """An exchange of badgeMeta whose response holds the definition."""
    return _call(at, "badgeMeta", {"id": record["id"]}, {"data": record, "errors": [], "warnings": []})


# --- files --------------------------------------------------------------------------------------------------------


def text_of(line: Line) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def files_of(log: Iterable[Line] | Files) -> dict[str, bytes]:
    """File name -> content; a plain list of lines is one file, `log.jsonl`."""
    named: Files = log if isinstance(log, Mapping) else {"log.jsonl": log}
    return {
        name: content if isinstance(content, bytes) else b"".join(text_of(line) + b"\n" for line in content)
        for name, content in named.items()
    }


def nightly(*settings: str, place: str = "", more: str = "") -> str:
    """A pipeline file that reads `logs`: more lines of its first section, where warehouse and reports are, and more
    sections.
    """
    head = (
        "[pipeline]",
        'name = "nightly"',
        f'warehouse = "{place}ledger.duckdb"',
        f'reports = "{place}reports/{{as_of:%Y-%m-%d}}"',
    )
    return "\n".join((*head, *settings, "", "[[inputs]]", 'path = "logs"', "", more, ""))


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)


# --- what comes back ----------------------------------------------------------------------------------------------

_SHORT_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(?:\.(\d{1,6}))?Z")


def full(cell: str) -> str:
    """A cell of an expected table; instants may leave out seconds and trailing zeros."""
    short = _SHORT_INSTANT.fullmatch(cell)
    if short is None:
        return cell
    return f"{short[1]}{short[2] or ':00'}.{(short[3] or '').ljust(6, '0')}Z"


def small_table(text: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of a table written with bars."""
    lines = [line.strip() for line in text.strip().splitlines()]
    header, *rows = [tuple(full(cell.strip()) for cell in line.split("|")) for line in lines]
    assert all(len(row) == len(header) for row in rows), f"a row does not fit its header:\n{text}"
    return header, rows


def _printed(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    return "\n".join(" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)


class Tables(dict[str, list[Row]]):
    """The tables of one run."""

    def rows(self, name: str, **where: str) -> list[Row]:
        """Rows of a table whose cells are as `where` says."""
        return [row for row in self[name] if all(row[column] == full(cell) for column, cell in where.items())]

    def column(self, name: str, column: str, **where: str) -> list[str]:
        return [row[column] for row in self.rows(name, **where)]

    def shows(self, name: str, expected: str, **where: str) -> None:
        """Fails unless the table has exactly the expected rows, in the columns of the expected header.

        The order of rows is not looked at here: that every table is ordered by its key is a law of its own.
        """
        header, rows = small_table(expected)
        found = [tuple(row[column] for column in header) for row in self.rows(name, **where)]
        if sorted(found) != sorted(rows):
            raise AssertionError(
                f"{name}\n--- expected\n{_printed(header, rows)}\n--- found\n{_printed(header, found)}"
            )

    def codes(self, **where: str) -> list[str]:
        """The codes of all findings, sorted."""
        return sorted(self.column("findings", "code", **where))


def key_of(name: str, row: Row) -> tuple[Any, ...]:
    """The key of a row as the contract orders it; numbers by value."""
    return tuple(int(row[column]) if column in WHOLE_NUMBERS else row[column] for column in KEYS[name])


# --- the two programs ---------------------------------------------------------------------------------------------

Audit = Callable[..., Tables]


def witness(
    log: Iterable[Line] | Files, folder: Path, *, as_of: str = LATE, feed_zone: str | None = None, **rules: str
) -> Tables:
    """The second meaning: standard library only, by brute force."""
    files = list(files_of(log).items())
    zones = None if feed_zone is None else {name: feed_zone for name, _ in files}
    found = audit(files, rules, micros(as_of), zones)
    return Tables(found)


def engine(
    log: Iterable[Line] | Files, folder: Path, *, as_of: str = LATE, feed_zone: str | None = None, **rules: str
) -> Tables:
    """The product: DuckDB and the kernel.

    Logs of a process go through one empty warehouse, in a transaction that is rolled back: to open a new one for
    each of a thousand small logs would take most of the time.
    """
    with scratch_ledger(log, folder, feed_zone) as (warehouse, results):
        accounting.account(warehouse, Rules(**rules), micros(as_of))
        return tables_of(warehouse.con, results)


class _Undo(Exception):
    """Leaves a transaction that is to be undone."""


@contextmanager
def scratch_ledger(
    log: Iterable[Line] | Files, folder: Path, feed_zone: str | None = None
) -> Iterator[tuple[Warehouse, list[FileResult]]]:
    """The shared warehouse with a log in it, and what became of its lines; empty again afterwards."""
    warehouse = _SHARED.warehouse()
    with suppress(_Undo), warehouse.transaction():
        yield warehouse, ingest_log(warehouse, log, folder / "inputs", feed_zone)
        raise _Undo


class _Shared:
    """The warehouse of this process, opened anew now and then: what is rolled back slows down all that comes after."""

    def __init__(self) -> None:
        self._uses = 0
        self._stack = ExitStack()
        atexit.register(self._stack.close)

    def warehouse(self) -> Warehouse:
        """The warehouse, empty."""
        if self._uses % 40 == 0:
            self._stack.close()
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="badgeledger-proofs-"))
            self._opened = self._stack.enter_context(Warehouse.open(Path(folder) / "ledger.duckdb"))
        self._uses += 1
        return self._opened


_SHARED = _Shared()


@cache
def _new_warehouse() -> Path:
    """A warehouse as it is before its first night, to be copied: to make one takes longer."""
    folder = tempfile.TemporaryDirectory(prefix="badgeledger-proofs-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "ledger.duckdb"
    with Warehouse.open(path):
        return path


def engine_nights(
    nights: Sequence[Iterable[Line] | Files],
    folder: Path,
    *,
    as_of: str = LATE,
    feed_zone: str | None = None,
    accounted: Mapping[int, tuple[str, Mapping[str, str]] | None] | None = None,
    **rules: str,
) -> Tables:
    """As :func:`engine`, on a warehouse of its own, with one committed ingest for each part of the log.

    `accounted` has for some nights the as-of and the settings, or None for a night without accounting.
    """
    results: list[FileResult] = []
    shutil.copy(_new_warehouse(), folder / "ledger.duckdb")
    for night, log in enumerate(nights):
        with Warehouse.open(folder / "ledger.duckdb") as warehouse:
            with warehouse.transaction():
                results += ingest_log(warehouse, log, folder / f"night-{night}", feed_zone)
                chosen = (accounted or {}).get(night, (as_of, rules))
                if chosen is not None:
                    accounting.account(warehouse, Rules(**chosen[1]), micros(chosen[0]))
            if night == len(nights) - 1:
                return tables_of(warehouse.con, results)
    raise ValueError("no night")


def ingest_log(
    warehouse: Warehouse, log: Iterable[Line] | Files, inputs: Path, feed_zone: str | None
) -> list[FileResult]:
    inputs.mkdir()
    write_files(inputs, files_of(log))
    return ingest.ingest(warehouse, [ingest.Input(path=str(inputs), zone=feed_zone)], inputs.parent)


def tables_of(connection: Any, results: Iterable[FileResult]) -> Tables:
    """The report views of a connection, through the CSV text that a report folder would hold."""
    found = Tables({name: read_csv(csv_text(connection, name)) for name in TABLES})
    found["files"] = [
        {name: str(getattr(result, name)) for name in ("path", "lines", "accepted", "duplicate", "quarantined")}
        for result in results
    ]
    return found


def read_csv(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text, newline="")))
