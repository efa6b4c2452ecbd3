"""What an id means: a row, a breach, a finding, a badge, a customer or a finding code, by whole id or by a prefix."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from ..calendar import iso_instant
from ..errors import UsageError
from ..reports.guides import guides
from .story import Kind

KINDS: tuple[Kind, ...] = ("issuance", "breach", "finding", "badge", "customer", "code")
_SHOWN = 8

# One row per thing whose id is the text, or begins with it; rows of the ledger also answer to the platform's id.
_THINGS = """
WITH thing AS (
    SELECT 'issuance' AS kind, row_key AS id, [row_key, issuance_id] AS names,
           issuance_id || ' of customer ' || customer_id || ', processed ' AS label, epoch_us(processed_at) AS us
    FROM report.issuances
    UNION ALL
    SELECT 'breach', breach_id, [breach_id], 'customer ' || customer_id || ', processed ', epoch_us(processed_at)
    FROM report.breaches
    UNION ALL
    SELECT 'finding', finding_id, [finding_id], detail, NULL FROM report.findings
    UNION ALL
    SELECT 'badge', badge_id, [badge_id], coalesce(name, ''), NULL FROM report.badges
    UNION ALL
    SELECT DISTINCT 'customer', customer_id, [customer_id], '', NULL FROM report.issuances
)
SELECT kind, id, label, us FROM thing
WHERE kind = ANY($kinds)
  AND CASE WHEN $whole THEN list_contains(names, $text)
      ELSE len(list_filter(names, LAMBDA name: starts_with(name, $text))) > 0 END
ORDER BY kind, us, id
LIMIT 1000
"""


@dataclass(frozen=True)
class Thing:
    """Something that can be explained; an issuance's `id` is its row_key."""

    kind: Kind
    id: str
    label: str = ""


def find(con: duckdb.DuckDBPyConnection, text: str, kind: str | None) -> Thing:
    """The one thing that `text` names, of that kind if one is given.

    A whole id goes before prefixes. Raises UsageError for none, and for several with the candidates.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(
            where=f"--kind {kind}", expected=", ".join(KINDS), found=repr(kind), next_step="Name one of them."
        )
    kinds = KINDS if kind is None else tuple(one for one in KINDS if one == kind)
    if text:
        for whole in (True, False):
            found = _named(con, text, kinds, whole)
            if len(found) == 1:
                return found[0]
            if found:
                raise _ambiguous(text, found, kind)
    raise UsageError(
        where=f"badgeledger explain {text!r}",
        expected=f"the id of {'an' if kind == 'issuance' else 'a'} {kind or 'issuance, breach, finding, badge'}"
        + ("" if kind else " or customer, a finding code, or the beginning of one"),
        found="nothing of that name in the report",
        next_step="Ids stand in the tables of the report; --as-of looks at another night.",
    )


def _named(con: duckdb.DuckDBPyConnection, text: str, kinds: tuple[Kind, ...], whole: bool) -> list[Thing]:
    rows = con.execute(_THINGS, {"text": text, "kinds": list(kinds), "whole": whole}).fetchall()
    found = [Thing(kind, id_, label + ("" if us is None else iso_instant(us))) for kind, id_, label, us in rows]
    if "code" in kinds:
        found += [
            Thing("code", code, guide.fails)
            for code, guide in guides().items()
            if (code == text if whole else code.startswith(text))
        ]
    # The breaches and findings of a row are parts of its story, and their ids begin with its row_key.
    rows_found = {thing.id for thing in found if thing.kind == "issuance"}
    return [
        thing
        for thing in found
        if thing.kind not in ("breach", "finding") or thing.id == text or thing.id.partition("~")[0] not in rows_found
    ]


def _ambiguous(text: str, found: list[Thing], kind: str | None) -> UsageError:
    shown = [f"{thing.kind} {thing.id}" + (f" ({thing.label})" if thing.label else "") for thing in found[:_SHOWN]]
    more = len(found) - len(shown)
    kinds = {thing.kind for thing in found}
    return UsageError(
        where=f"badgeledger explain {text!r}",
        expected="one thing",
        found=f"{len(found)} that it may mean: " + "; ".join(shown) + (f"; and {more} more" if more else ""),
        next_step="Give more of the id"
        + (f", or say --kind {min(kinds)}." if kind is None and len(kinds) > 1 else "."),
    )
