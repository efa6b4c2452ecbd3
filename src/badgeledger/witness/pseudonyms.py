"""Tables as a report with pseudonyms shows them: the second meaning of the reading *Pseudonyms*."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from .books import Input

Tables = dict[str, list[dict[str, str]]]
_SHORTEST_IN_TEXT = 6
_TEXTS = frozenset(
    "request_id issuance_id detail source_file cause_file path reason owner_type name badge_name".split()
)


class Names:
    """The names of customers under the bytes of a key file."""

    def __init__(self, secret: bytes, customers: Iterable[str]) -> None:
        self._secret = secret
        self._names = {customer: self.of(customer) for customer in customers}
        self._customers = {name: customer for customer, name in self._names.items()}
        lengths = {len(customer) for customer in self._names}
        self._lengths = sorted((length for length in lengths if length >= _SHORTEST_IN_TEXT), reverse=True)

    def of(self, customer: str) -> str:
        """`p_` and 20 hex digits of HMAC-SHA256; nobody stays nobody."""
        digest = hmac.new(self._secret, customer.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"p_{digest.hexdigest()[:20]}" if customer else ""

    def in_text(self, text: str) -> str:
        """Every known id of six characters or more replaced: the first from the left, the longest at one place."""
        found, place = "", 0
        while place < len(text):
            known = (text[place : place + length] for length in self._lengths if place + length <= len(text))
            customer = next((part for part in known if part in self._names), "")
            found += self._names[customer] if customer else text[place]
            place += len(customer) or 1
        return found

    def undone(self, text: str) -> str:
        """The text with known customers in the place of their names."""
        return re.sub("p_[0-9a-f]{20}", lambda name: self._customers.get(name[0], name[0]), text)

    def row(self, row: Mapping[str, str]) -> dict[str, str]:
        """A row of any table as it is shown."""
        return {column: self._cell(column, cell) for column, cell in row.items()}

    def _cell(self, column: str, cell: str) -> str:
        if column == "customer_id":
            return self.of(cell)
        if column == "raw":
            return f"{len(cell)} characters, SHA-256 {hashlib.sha256(cell.encode()).hexdigest()}"
        return self.in_text(cell) if column in _TEXTS else cell


def shown(files: Sequence[Input], secret: bytes | None, tell: Callable[[Sequence[Input]], Tables]) -> Tables:
    """What `tell` makes of the files, customers by their names under the key; without a key, as it is.

    The paths of the files are those that the report shows. Where customers stood in them, the files are told again
    under their own paths: of equal records, the smallest path is the source.
    """
    told = tell(files)
    if secret is None:
        return told
    names = Names(secret, _customers(told))
    own = [file._replace(path=names.undone(file.path)) for file in files]
    if own != list(files):
        told = tell(own)
        names = Names(secret, _customers(told))
    return {table: [names.row(row) for row in rows] for table, rows in told.items()}


def _customers(told: Tables) -> set[str]:
    return {row["customer_id"] for rows in told.values() for row in rows if row.get("customer_id")}
