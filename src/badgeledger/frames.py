"""From DuckDB to Polars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    import polars as pl


def frame(con: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None) -> pl.DataFrame:
    """The rows of a query, with the values that it names, as a Polars frame."""
    import polars as pl

    return pl.DataFrame(_Rows(con.sql(query, params=values)))


class _Rows:
    """The rows of a relation, and nothing else of it: Polars keeps the class of what it is given until Python has
    ended, and DuckDB calls its own classes leaked then."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._opened = relation.__arrow_c_stream__

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._opened(requested_schema)
