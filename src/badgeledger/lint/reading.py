"""Definitions to check: from JSON files, before they go live, or the last versions in a warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..calendar import iso_instant
from ..definitions import Definition, ExpiryRule, Limit
from ..errors import InputError
from ..records.documents import document_records
from ..records.refusal import Refusal
from ..records.shapes import read_record
from ..records.strict_json import parse
from ..records.values import Reading
from ..warehouse import Warehouse, statement

NEW_BADGE = "new badge"


@dataclass(frozen=True)
class Stated:
    """A definition and where it stands."""

    source: str
    definition: Definition


def read_file(path: Path, at: int) -> list[Stated]:
    """The definitions of a file: one JSON document, or JSON lines, in the shapes of a log.

    One without id is a badge to be created. Raises InputError for anything else.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            where=str(path),
            expected="a JSON file with badge definitions",
            found=error.strerror or str(error),
            next_step="Check the path and its rights.",
        ) from None
    records = document_records(data)
    if records is None:
        lines = data.split(b"\n")
        records = [(place, line) for place, line in enumerate(lines, start=1) if line.strip()]
    found = []
    for line, text in records:
        try:
            found.append(Stated(f"{path}, line {line}", read_value(parse(text), at)))
        except Refusal as refusal:
            raise _unreadable(path, line, f"{refusal.reason}: {refusal.detail}".rstrip(": ")) from None
    if not found:
        raise _unreadable(path, 1, "none")
    return found


def _unreadable(path: Path, line: int, found: str) -> InputError:
    return InputError(
        where=f"{path}, line {line}",
        expected="a badge definition as the API takes it: an object with startOn, expiresOn and its constraints",
        found=found,
        next_step="Correct the file; badgeledger docs readings says how values are read.",
    )


def read_value(value: Any, at: int) -> Definition:
    """The definition of one JSON value as it would come into force at an instant. Raises :class:`Refusal`."""
    record = read_record({"loggedAt": iso_instant(at), **_exchange(value)}, Reading())
    if not isinstance(record, Definition):
        raise Refusal("unknown-shape", "a call, not a badge definition")
    return record


def _exchange(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal("not-an-object", f"a JSON {type(value).__name__}")
    if "request" in value or "response" in value:
        return value
    if "data" in value:
        return {"endpoint": "badgeMeta", "response": value}
    return {"endpoint": "badgeMeta", "request": {"id": NEW_BADGE, **value}}


def last_versions(warehouse: Warehouse, at: int) -> dict[str, Stated]:
    """The version of each badge in force at an instant, or its first if it came later."""
    ingested = warehouse.con.execute("SELECT batch_id FROM raw.batch").fetchall()
    return {stated.definition.badge_id: stated for stated in _versions(warehouse, at)} if ingested else {}


def _versions(warehouse: Warehouse, at: int) -> Iterator[Stated]:
    names = (
        "badge_id", "org_id", "name", "starts_at", "expires_at", "active", "earn_type", "issued_rule", "earned_rule",
        "owners", "limits", "invalid", "in_force_from",
    )  # fmt: skip
    # Asked of the lines anew: what was ingested after the last run is in no table yet.
    known = statement("2_staging", "version")
    rows = warehouse.con.execute(
        f"SELECT version, {', '.join(names)} FROM ({known}) WHERE in_force_from <= $1 OR version_no = 0"
        " QUALIFY row_number() OVER (PARTITION BY badge_id ORDER BY version_no DESC) = 1 ORDER BY badge_id",
        [at],
    ).fetchall()
    for version, *values in rows:
        told = dict(zip(names, values, strict=True))
        for rule in ("issued_rule", "earned_rule"):
            told[rule] = ExpiryRule(**told[rule]) if told[rule] and told[rule]["kind"] else None
        told["limits"] = [Limit(**limit) for limit in told["limits"]]
        told["last_updated_at"], told["created_at"], told["logged_at"] = told.pop("in_force_from"), None, None
        yield Stated(f"version {version}", Definition(**told))
