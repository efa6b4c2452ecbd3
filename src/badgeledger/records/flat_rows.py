"""Flat rows of CSV and Parquet files: the platform's import template, or the product's own columns (RULEBOOK 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .calls import Answer, Call, Request, read_owner
from .events import told
from .imports import read_import
from .refusal import Refusal
from .values import Reading, choice, id_text, instant, integer, optional_id

_TEMPLATE = (
    ("badgeMetaId", "customerId"),
    ("earnEventDate", "earnEventDateISO", "earnExpiresOn", "earnExpiresOnISO"),
)
_OWN = (
    ("badge_id", "customer_id", "kind"),
    (
        *("processed_at", "event_at", "request_id", "position", "issuance_id", "outcome", "code"),
        *("owner_type", "reference_id", "expires_at", "logged_at"),
    ),
)
_ENDPOINTS = {"ISSUE": "flatIssue", "EARN": "flatEarn"}
_OUTCOMES = {name: name for name in ("ACCEPTED", "ASSUMED", "REJECTED")}
_LAST_POSITION = 999_999_999


class FlatHeader:
    """The columns of a file, which decide how all its rows are read; `names` is None where no header could be read."""

    def __init__(self, names: Sequence[str] | None) -> None:
        self._places: dict[str, int] = {}
        self._columns = len(names or ())
        self._is_template = False
        for needed, optional in (_TEMPLATE, _OWN):
            ours = [name for name in names or () if name in needed or name in optional]
            if set(needed) <= set(ours):
                self._is_template = needed == _TEMPLATE[0]
                # A column that stands twice says two things: no header of ours.
                if len(ours) == len(set(ours)):
                    self._places = {name: place for place, name in enumerate(names or ()) if name in ours}
                break

    def record(self, values: Sequence[Any] | None, reading: Reading) -> Call:
        """The record of one row, None for a row whose quotes do not close. Raises :class:`Refusal`."""
        if values is None or not self._places:
            raise Refusal("unknown-shape", "no row" if values is None else "no header of flat rows")
        if len(values) != self._columns:
            raise Refusal("unknown-shape", f"{len(values)} fields, the header has {self._columns}")
        row = {name: values[place] for name, place in self._places.items() if values[place] not in (None, "")}
        return read_import(None, row, None, reading) if self._is_template else _own_row(row, reading)


def _own_row(row: Mapping[str, Any], reading: Reading) -> Call:
    for name in _OWN[0]:
        if name not in row:
            raise Refusal("missing-field", name)
    customer_id = id_text(row["customer_id"], "customer_id")
    row_id = optional_id(row, "issuance_id")
    place = integer(row.get("position", "0"), "position")
    if place is None or not 0 <= place <= _LAST_POSITION:
        raise Refusal("invalid-number", f"position is {row['position']}")
    outcome = choice(row.get("outcome"), _OUTCOMES, "outcome") or ("ASSUMED" if row_id is None else "ACCEPTED")
    expires_at = instant(row, "expires_at", reading)
    call = Call(
        endpoint=choice(row["kind"], _ENDPOINTS, "kind"),
        logged_at=instant(row, "processed_at" if "processed_at" in row else "logged_at", reading),
        request=Request(
            badge_id=id_text(row["badge_id"], "badge_id"),
            request_id=optional_id(row, "request_id"),
            event_at=instant(row, "event_at", reading),
            owner_type=read_owner({"ownerType": row.get("owner_type")}),
            reference_id=optional_id(row, "reference_id"),
            customers=[customer_id],
        ),
        response=None,
        place=place,
        request_more=[str(place)],
    )
    if outcome == "ACCEPTED":
        return replace(call, response=told(Answer(customer_id, row_id, False, None), expires_at))
    if outcome == "REJECTED":
        return replace(call, response=told(Answer(customer_id, None, True, optional_id(row, "code")), None))
    return call
