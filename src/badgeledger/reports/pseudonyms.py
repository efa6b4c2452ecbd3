"""Customers by keyed names: the report views of a connection, as a report without customer ids shows them.

A pseudonym is `p_` and 20 hex digits of HMAC-SHA256 of the customer id under the bytes of a key file: the same under
one key, another under another. Writers see nothing but replaced values, as the views stand in a database of their own
that holds nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np

from ..keys import Key
from ..waivers import of_record
from ..warehouse import first_row
from .tables import NUMBERED

# A shorter id stands in other texts by chance: it is replaced where it is the customer of a row, nowhere else.
SHORTEST_IN_TEXT = 6
_TEXTS = {
    *("request_id", "issuance_id", "detail", "source_file", "cause_file", "path", "reason", "owner_type"),
    *("name", "badge_name", "earlier", "now"),
}
_PSEUDONYM = re.compile("p_[0-9a-f]{20}")
_DATABASE = "badgeledger_published"
_ROWS = 100_000


class Pseudonyms:
    """The pseudonyms of known customers, and texts in which they stand."""

    def __init__(self, key: Key, customers: Iterable[str]) -> None:
        self.key = key
        self.names = {customer: key.pseudonym(customer) for customer in customers if customer}
        self._known = {pseudonym: customer for customer, pseudonym in self.names.items()}
        lengths: dict[str, set[int]] = {}
        for customer in self.names:
            if len(customer) >= SHORTEST_IN_TEXT:
                lengths.setdefault(customer[:SHORTEST_IN_TEXT], set()).add(len(customer))
        self._lengths = {head: sorted(found, reverse=True) for head, found in lengths.items()}

    def text(self, text: str) -> str:
        """A text with every customer id of at least 6 characters replaced, the first and of these the longest first."""
        parts, done, place = [], 0, 0
        while place <= len(text) - SHORTEST_IN_TEXT:
            lengths = self._lengths.get(text[place : place + SHORTEST_IN_TEXT], ())
            found = next(
                (text[place : place + size] for size in lengths if text[place : place + size] in self.names), ""
            )
            if found:
                parts += [text[done:place], self.names[found]]
                done = place + len(found)
            place += len(found) or 1
        return "".join([*parts, text[done:]])

    def restored(self, text: str) -> str:
        """A text with the customer ids in the place of their pseudonyms; an unknown pseudonym stays."""
        return _PSEUDONYM.sub(lambda match: self._known.get(match[0], match[0]), text)

    def waivers(self, waivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Recorded waivers as a manifest shows them."""
        return [
            {name: self._of_waiver(value) if name == "customer" else self.text(value) for name, value in waiver.items()}
            for waiver in waivers
        ]

    def restored_waivers(self, waivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Recorded waivers from those of a manifest."""
        return [{name: self.restored(value) for name, value in waiver.items()} for waiver in waivers]

    def _of_waiver(self, customer: str) -> str:
        # A waiver may name a customer that no log does: its pseudonym in a manifest cannot be undone, and stays.
        return customer if _PSEUDONYM.fullmatch(customer) else self.key.pseudonym(customer)


def known_pseudonyms(con: duckdb.DuckDBPyConnection, key: Key) -> Pseudonyms:
    """The pseudonyms of all customers that the `report.*` views of a connection name."""
    holders = [relation for relation, columns in _told(con).items() if "customer_id" in columns]
    query = " UNION ".join(f"SELECT customer_id FROM report.{relation}" for relation in holders)
    rows = con.execute(f"SELECT customer_id FROM ({query}) WHERE customer_id <> ''").fetchall() if holders else []
    return Pseudonyms(key, (customer for (customer,) in rows))


@contextmanager
def pseudonymized(
    con: duckdb.DuckDBPyConnection, key: Key | None, waivers: Sequence[Mapping[str, Any]]
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """While the block lasts, `report.*` of the connection shows pseudonyms; without a key it stays as it is.

    Yields the recorded waivers as the report may show them. No transaction may be open.
    """
    if key is None:
        yield waivers
        return
    names = known_pseudonyms(con, key)
    shown = names.waivers(waivers)
    relations, texts = _relations(con), _replaced_texts(con, names)
    pairs = zip(of_record(waivers), of_record(shown), strict=True)
    texts |= {waiver.subject: other.subject for waiver, other in pairs if waiver.subject != other.subject}
    own = str(first_row(con, "SELECT current_database()")[0]).replace('"', '""')
    con.execute(f"ATTACH ':memory:' AS {_DATABASE}")
    try:
        for schema in ("names", "report", "raw"):
            con.execute(f"CREATE SCHEMA {_DATABASE}.{schema}")
        _keep(con, "customer", names.names)
        _keep(con, "text", texts)
        con.execute(f'CREATE VIEW {_DATABASE}.raw.file AS FROM "{own}".raw.file')
        for relation, columns in relations.items():
            query = _view(f'"{own}".report.{relation}', columns)
            con.execute(f"CREATE VIEW {_DATABASE}.report.{relation} AS {query}")
        con.execute(f"USE {_DATABASE}")
        yield shown
    finally:
        con.execute(f'USE "{own}"')
        con.execute(f"DETACH {_DATABASE}")


def _relations(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The relations of schema `report` with their columns in order."""
    rows = con.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()"
        " WHERE schema_name = 'report' AND database_name = current_database() GROUP BY table_name ORDER BY table_name"
    ).fetchall()
    return dict(rows)


def _told(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Those that do not merely show the rows of another one with their numbers."""
    return {name: columns for name, columns in _relations(con).items() if not name.startswith(NUMBERED)}


def _replaced_texts(con: duckdb.DuckDBPyConnection, names: Pseudonyms) -> dict[str, str]:
    """Every text of the report views in which a customer id stands, with what is shown in its place."""
    replaced: dict[str, str] = {}
    for relation, columns in _told(con).items():
        for column in [column for column in columns if column in _TEXTS]:
            con.execute(f"SELECT DISTINCT {column} FROM report.{relation} WHERE {column} IS NOT NULL")
            while rows := con.fetchmany(_ROWS):
                shown = ((text, names.text(text)) for (text,) in rows)
                replaced |= {text: other for text, other in shown if other != text}
    return replaced


def _keep(con: duckdb.DuckDBPyConnection, name: str, pairs: Mapping[str, str]) -> None:
    con.execute(f"CREATE TABLE {_DATABASE}.names.{name} (known VARCHAR, shown VARCHAR)")
    if pairs:
        sides = zip(("known", "shown"), zip(*pairs.items(), strict=True), strict=True)
        con.register("given_names", {side: np.array(values, dtype=object) for side, values in sides})
        con.execute(f"INSERT INTO {_DATABASE}.names.{name} BY NAME FROM given_names")
        con.unregister("given_names")


def _view(source: str, columns: Sequence[str]) -> str:
    """The query that shows a relation of a report with every customer replaced."""
    fields, joins = [], []
    for column in columns:
        if column == "raw":
            # The line was refused: where a customer stands in it, nobody can tell.
            fields.append("length(own.raw) || ' characters, SHA-256 ' || sha256(own.raw) AS raw")
        elif column == "customer_id" or column in _TEXTS:
            table = "customer" if column == "customer_id" else "text"
            joins.append(f"LEFT JOIN {_DATABASE}.names.{table} AS {column}_name ON own.{column} = {column}_name.known")
            fields.append(f"coalesce({column}_name.shown, own.{column}) AS {column}")
        else:
            fields.append(f"own.{column}")
    return f"SELECT {', '.join(fields)} FROM {source} AS own {' '.join(joins)}"
