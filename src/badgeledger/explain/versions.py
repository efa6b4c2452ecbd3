"""Versions of a badge and what each says otherwise than the one before (RULEBOOK 5)."""

from __future__ import annotations

from typing import Any

from ..calendar import iso_instant
from ..ledgers import Row
from ..reports.text import limit_words
from .ledger import Ledger
from .story import Change, NamedLimit, Version

_QUERY = """
SELECT version_no, version, in_force_from, name, starts_at, expires_at, active, earn_type, owners, invalid,
       issued_rule, earned_rule, file_id, line
FROM staging.version AS version
WHERE badge_id = $1 AND (in_force_from <= $2 OR version_no = 0)
ORDER BY version_no
"""
_LIMITS = """
SELECT version_no, limit_name, number FROM staging.version_limit WHERE badge_id = $1 AND rules
ORDER BY version_no, limit_name
"""


def versions_of(ledger: Ledger, badge_id: str) -> dict[int, Version]:
    """The versions of a badge that are known at as-of, by their number, each with its difference."""
    limits: dict[int, dict[str, int]] = {}
    for row in ledger.rows(_LIMITS, badge_id):
        limits.setdefault(row["version_no"], {})[row["limit_name"]] = row["number"]
    found: dict[int, Version] = {}
    before: Row | None = None
    for row in ledger.rows(_QUERY, badge_id, ledger.as_of):
        number = row["version_no"]
        own = limits.get(number, {})
        found[number] = Version(
            version=row["version"],
            in_force_from=row["in_force_from"],
            first=before is None,
            before=None if before is None else before["version"],
            changes=[] if before is None else _changes(before, row, limits.get(before["version_no"], {}), own),
            limits=[NamedLimit(limit_name=name, words=limit_words(name), number=own[name]) for name in sorted(own)],
            source=ledger.source(row["file_id"], row["line"], raw=False),
        )
        before = row
    return found


def _changes(before: Row, after: Row, old: dict[str, int], new: dict[str, int]) -> list[Change]:
    facts = [
        ("name", *(row["name"] or "" for row in (before, after))),
        ("start", *(iso_instant(row["starts_at"]) for row in (before, after))),
        ("end", *(iso_instant(row["expires_at"]) for row in (before, after))),
        ("active", *("yes" if row["active"] else "no" for row in (before, after))),
        ("earn type", *(row["earn_type"] for row in (before, after))),
        ("expiry of issues", *(_rule(row["issued_rule"]) for row in (before, after))),
        ("expiry of earns", *(_rule(row["earned_rule"]) for row in (before, after))),
        ("owners", *(", ".join(row["owners"]) or "any" for row in (before, after))),
        ("not valid", *(", ".join(row["invalid"]) for row in (before, after))),
        *((name, _number(old.get(name)), _number(new.get(name))) for name in sorted({*old, *new})),
    ]
    return [Change(what=what, before=was, after=now) for what, was, now in facts if was != now]


def _rule(rule: dict[str, Any] | None) -> str:
    if not rule or not rule["kind"]:
        return "with the badge, no rule"
    if rule["kind"] == "RELATIVE":
        return f"RELATIVE:{rule['unit']}:{rule['value']}"
    return f"FIXED_DATE {iso_instant(rule['expires_at'])}" if rule["kind"] == "FIXED_DATE" else str(rule["kind"])


def _number(number: int | None) -> str:
    return "no limit" if number is None else str(number)
