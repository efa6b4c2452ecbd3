"""What a report says about itself: the run that it belongs to, beside the tables that it shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ..calendar import microseconds_of


@dataclass(frozen=True)
class ReportContext:
    """The facts of a run that stand in no table.

    `as_of` is an aware UTC datetime (RULEBOOK 5). `known_at` lists every input known to the report as
    (path, sha256). `zone` is the IANA zone in which days are cut (RULEBOOK 2). `rules` are the rule-book settings
    in force and `versions` those of the software, both name to text. `self_check` says how many subjects a second
    program recounted from raw lines before this report was published, None when it did not. `pseudonyms` is the
    fingerprint of the key under which customers are named, None where they have their ids. `open_from` is the instant
    (microseconds) from which on rows are open when the folder holds open rows alone, None when it holds all; `held`
    says then, by table, how many rows its files hold and how many there are. `not_judged` names finding codes that this
    report did not look for; they are shown as a dash, never as zero. `page_rows` is the largest number of rows of one
    table that report.html carries, `sheet_rows` that of one sheet of report.xlsx.
    """

    name: str
    as_of: datetime
    known_at: tuple[tuple[str, str], ...]
    zone: str
    rules: Mapping[str, str]
    versions: Mapping[str, str]
    self_check: Mapping[str, int] | None = None
    pseudonyms: str | None = None
    open_from: int | None = None
    held: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    not_judged: tuple[str, ...] = ()
    page_rows: int = 100_000
    sheet_rows: int = 100_000

    def __post_init__(self) -> None:
        """Refuse an as-of without zone: its text would depend on the machine."""
        if self.as_of.tzinfo is None:
            raise ValueError("as_of needs a zone: give an aware datetime")

    @property
    def known_digest(self) -> str:
        """SHA-256 in hex over the known inputs, one `sha256  path` line each in order of path."""
        lines = "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(self.known_at))
        return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def as_of_us(self) -> int:
        """As-of as integer microseconds since the epoch."""
        return microseconds_of(self.as_of)
