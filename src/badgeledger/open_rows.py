"""Which rows of a table are open, as `verify` understands the page *readings*: a second meaning, on the text of CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

Cells = Mapping[str, str]
# They compare what a dump printed, also of cycles to come, with the cycles as they are known now.
_OF_DUMPS = {"cycle-mismatch", "earn-count-mismatch"}
# States of a flag of which nothing became since.
_STAYING = {"still-open", "gone-before"}


class OpenRows:
    """Tells rows of a report that can still change, or may have changed since another one, from those that are final.

    `cut` is the instant from which on something is new, as a CSV cell; None when everything may be. `issuances` and
    `limits` are all rows of those tables.
    """

    def __init__(self, cut: str | None, issuances: Iterable[Cells], limits: Iterable[Cells]) -> None:
        self._cut = cut
        late = [row for row in issuances if cut is not None and _placed(row, cut)]
        fresh = [row for row in late if cut is not None and row["processed_at"] >= cut]
        self._late = {row["row_key"] for row in late}
        self._limits = {
            (row["badge_id"], row["limit_name"]) for row in limits if cut is not None and row["in_force_from"] >= cut
        }
        self._customers = {(row["badge_id"], row["customer_id"]) for row in fresh}
        self._badges = {row["badge_id"] for row in fresh}
        self._judges: dict[str, Callable[[Cells, str], bool]] = {
            "issuances": lambda row, cut: _placed(row, cut) or row["outcome"] == "ASSUMED" or row["revoked_at"] >= cut,
            "breaches": _placed,
            "cycle_counts": lambda row, cut: row["ends_at"] >= cut,
            "usage": lambda row, _: self._is_used(row),
            "expirations": lambda row, cut: _placed(row, cut) or max(row["expires_at"], row["revoked_at"]) >= cut,
            "findings": self._is_told,
            "changes": lambda row, cut: _is_moved(row) or self._is_told(row, cut),
        }

    def holds(self, table: str, row: Cells) -> bool:
        """Whether a row of a table is open."""
        judge = self._judges.get(table)
        return self._cut is None or judge is None or judge(row, self._cut)

    def _is_told(self, row: Cells, cut: str) -> bool:
        return (
            not row["customer_id"]
            or not row["processed_at"]
            or row["processed_at"] >= cut
            or row["row_key"] in self._late
            or row["code"] in _OF_DUMPS
        )

    def _is_used(self, row: Cells) -> bool:
        if not row["limit_name"].endswith(":FIXED_VALUE") or (row["badge_id"], row["limit_name"]) in self._limits:
            return True
        if row["customer_id"]:
            return (row["badge_id"], row["customer_id"]) in self._customers
        return row["badge_id"] in self._badges


def _is_moved(row: Cells) -> bool:
    """Whether anything became of a flag, or a waiver marks it."""
    stays = row["state"] in _STAYING and not row["cause"]
    return not stays or row["comparable"] != "true" or row["waived"] == "true"


def _placed(row: Cells, cut: str) -> bool:
    return row["processed_at"] >= cut or row["event_at"] >= cut
