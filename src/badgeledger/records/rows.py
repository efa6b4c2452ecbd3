"""Records read with care become rows of the raw tables, as JSON lines that DuckDB takes back with explicit types."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..definitions import Definition
from .calls import Call
from .dumps import Dump
from .refusal import Refusal
from .revocations import Revocation, Target
from .shapes import Record, read_record
from .strict_json import parse
from .values import Reading, id_created_at

RAW_BYTES = 4096
# An escaped backslash is passed over, so that text behind it is not taken for an escape.
_ESCAPE = re.compile(r"\\\\|\\u[0-9a-f]{4}")


def raw_text(raw: bytes) -> str:
    """The first 4,096 bytes of a line; bytes that are no text are shown as `\\xNN`."""
    return raw[:RAW_BYTES].decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def compact(value: Any) -> str:
    """JSON without spaces, other scripts as they are, escapes as DuckDB writes them: the form of every text that
    is hashed."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _ESCAPE.sub(lambda match: match.group().upper().replace("U", "u"), text)


def content_text(definition: Definition) -> str:
    """What counts as the content of a version (RULEBOOK 5; the form: page *readings*)."""
    return compact(
        [
            definition.name,
            str(definition.starts_at),
            str(definition.expires_at),
            "1" if definition.active else "0",
            definition.earn_type,
            definition.issued_rule.content if definition.issued_rule else None,
            definition.earned_rule.content if definition.earned_rule else None,
            definition.owners,
            sorted(f"{limit.name}={limit.number}" for limit in definition.limits),
            definition.invalid,
        ]
    )


def _md5(value: Any) -> str:
    return hashlib.md5(compact(value).encode()).hexdigest()


class RowWriter:
    """Collects the rows of careful lines. `size` is the text held so far, in characters."""

    def __init__(self) -> None:
        self.size = 0
        self._rows: dict[str, list[str]] = {
            name: [] for name in ("call", "definition", "revocation", "platform_cycle", "quarantine", "time_note")
        }

    def read_line(self, raw: bytes, line: int, record_no: int, reading: Reading) -> None:
        """Add the rows of one line of JSON, or its refusal."""
        self.read(lambda: read_record(parse(raw), reading), raw, line, record_no, reading)

    def read(self, record_of: Callable[[], Record], raw: bytes, line: int, record_no: int, reading: Reading) -> None:
        """Add the rows of the record that `record_of` gives, or its refusal; `raw` is its text."""
        try:
            record = record_of()
        except Refusal as refusal:
            self.refuse(line, record_no, refusal.reason, refusal.detail, raw)
            return
        if isinstance(record, Call):
            self._add("call", line, record_no, self._call(record, raw))
        elif isinstance(record, Revocation):
            for row in self._revocation(record):
                self._add("revocation", line, record_no, row)
        elif isinstance(record, Dump):
            for row in self._dump(record):
                self._add("platform_cycle", line, record_no, row)
        else:
            self._add("definition", line, record_no, self._definition(record))
        for code, field in reading.notes:
            self._add("time_note", line, record_no, {"code": code, "field": field})

    def refuse(self, line: int, record_no: int, reason: str, detail: str, raw: bytes) -> None:
        """Put a line into quarantine."""
        row = {"reason": reason, "detail": detail[:500], "raw": raw_text(raw)}
        self._add("quarantine", line, record_no, row)

    def write(self, folder: Path) -> list[tuple[str, Path]]:
        """Write what was collected to one file a table, and start anew."""
        written = []
        for table, rows in self._rows.items():
            if rows:
                path = folder / f"careful_{table}.jsonl"
                with open(path, "w", encoding="utf-8", newline="\n") as file:
                    file.writelines(rows)
                written.append((table, path))
                rows.clear()
        self.size = 0
        return written

    def _add(self, table: str, line: int, record_no: int, row: dict[str, Any]) -> None:
        text = json.dumps({"line": line, "record_no": record_no, **row}, ensure_ascii=True) + "\n"
        self.size += len(text)
        self._rows[table].append(text)

    @staticmethod
    def _call(call: Call, raw: bytes) -> dict[str, Any]:
        asked, answered = call.request, call.response
        dated = call.logged_at is not None or (asked is not None and asked.event_at is not None)
        if answered is not None and not dated:
            dated = any(not answer.refused and id_created_at(answer.row_id) is not None for answer in answered.answers)
        row: dict[str, Any] = {
            "endpoint": call.endpoint,
            "logged_at": call.logged_at,
            "has_request": asked is not None,
            "has_response": answered is not None,
            # The text of a line that has no clock of its own is kept: it may have to be shown as quarantined.
            "raw": None if dated else raw_text(raw),
            "items": None if call.items is None else [asdict(item) for item in call.items],
            "place": call.place,
            "request_more": None if call.request_more is None else compact(call.request_more),
            "response_more": None if call.response_more is None else compact(call.response_more),
        }
        if asked is not None:
            row.update(asdict(asked))
        if answered is not None:
            row.update(
                answer_badge_id=answered.badge_id,
                answer_request_id=answered.request_id,
                expires_at=answered.expires_at,
                failed=answered.failed,
                code=answered.code,
                answers=[asdict(answer) for answer in answered.answers],
            )
        return row

    @staticmethod
    def _revocation(revocation: Revocation) -> list[dict[str, Any]]:
        """A row of each target, and one without target where all were refused."""
        targets = sorted({(target.kind, target.customer_id, target.row_id) for target in revocation.targets}, key=str)
        key = _md5([revocation.badge_id, revocation.revoked_at, targets])
        common = {"badge_id": revocation.badge_id, "revoked_at": revocation.revoked_at, "key": key}
        return [common | asdict(Target(*target)) for target in targets] or [common]

    @staticmethod
    def _dump(dump: Dump) -> list[dict[str, Any]]:
        """A row of each printed cycle, and one without cycle where none was printed."""
        cycles = [asdict(cycle) for cycle in dump.cycles]
        common = {"badge_id": dump.badge_id, "customer_id": dump.customer_id, "logged_at": dump.logged_at}
        common["key"] = _md5([*common.values(), cycles])
        return [common | {"place": place} | cycle for place, cycle in enumerate(cycles)] or [common]

    @staticmethod
    def _definition(definition: Definition) -> dict[str, Any]:
        content = content_text(definition)
        # Lines of one key and one loggedAt are one record.
        values = [definition.badge_id, definition.org_id, definition.last_updated_at, definition.created_at]
        return {
            "badge_id": definition.badge_id,
            "in_force_from": definition.in_force_from,
            "logged_at": definition.logged_at,
            "org_id": definition.org_id,
            "refused": definition.refused,
            "content": content,
            "definition": definition.model_dump_json(),
            "definition_key": _md5([*values, definition.refused, content]),
        }
