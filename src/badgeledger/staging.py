"""Staging: what `raw` holds, typed, deduplicated, paired and put in order (RULEBOOK 2, 3 and 5)."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from .warehouse import build, build_view

_RELATIONS = (
    "source", "duplicate", "record", "agreed_badge", "pair", "half_delivery", "joined_call", "version",
    "version_limit", "call", "touched", "answered_row", "lone_response", "shared_id", "issuance", "clockless",
    "quarantined", "reconciliation",
)  # fmt: skip
# Relations that are read once or are mere renamings stay views.
_VIEWS = {"record", "issuance", "quarantined", "reconciliation"}
# Wide and needed only while staging is made.
_TEMPORARY = {"joined_call"}


@dataclass(frozen=True)
class FileResult:
    """What became of one file: `known` files are not read again. lines = accepted + duplicate + quarantined."""

    path: str
    sha256: str
    known: bool
    lines: int
    accepted: int
    duplicate: int
    quarantined: int


def stage(con: duckdb.DuckDBPyConnection) -> None:
    """Make every staging relation anew."""
    for relation in _RELATIONS:
        if relation in _VIEWS:
            build_view(con, "staging", relation)
        else:
            build(con, "staging", relation, temporary=relation in _TEMPORARY)
    for relation in sorted(_TEMPORARY):
        con.execute(f"DROP TABLE temp.{relation}")


def reconciliation(con: duckdb.DuckDBPyConnection) -> dict[str, FileResult]:
    """What became of each known file's lines, by SHA-256; staging must be fresh."""
    found = con.execute(
        "SELECT path, sha256, lines, accepted, duplicate, quarantined FROM staging.reconciliation"
    ).fetchall()
    return {sha256: FileResult(path, sha256, True, *counts) for path, sha256, *counts in found}
