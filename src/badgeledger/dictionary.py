"""The data dictionary: what each relation and column says, as comments in the warehouse and as a page.

A relation is described by line 1 of its file in `sql/`, a column by its entry in `docs/columns.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from functools import cache
from typing import TYPE_CHECKING

from .reports.tables import TABLES
from .resources import dictionary_file
from .warehouse import FOLDERS, relations, statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The kinds of values that the tables of a report hold, and DuckDB's types for them.
KINDS = {
    "text": "VARCHAR",
    "number": "BIGINT",
    "truth": "BOOLEAN",
    "day": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE",
}
_IN_MICROSECONDS = " In microseconds since 1970, UTC."


def grain(schema: str, relation: str) -> str | None:
    """What a relation has one row per: line 1 of its file. None for a relation that we do not make."""
    if schema in FOLDERS and relation in relations(FOLDERS[schema]):
        return statement(FOLDERS[schema], relation).splitlines()[0].removeprefix("-- ")
    return _entries()["relations"].get(f"{schema}.{relation}")


def meaning(relation: str, column: str) -> tuple[str, str] | None:
    """The kind of value and the sentence of a column; None for a column that is not known."""
    for key in (f"{relation}.{column}", column):
        for kind, entries in _entries().items():
            if kind != "relations" and key in entries:
                return kind, entries[key]
    return None


def describe(con: DuckDBPyConnection, schemas: Collection[str] | None = None) -> None:
    """Give our relations, all or those in some schemas, and their columns the comments that they do not carry yet."""
    for what, schema, place, text, known in [*_of_relations(con), *_of_columns(con)]:
        if (schemas is None or schema in schemas) and text != known:
            # A comment is no parameter.
            quoted = text.replace("'", "''")
            con.execute(f"COMMENT ON {what} {schema}.{place} IS '{quoted}'")


def page() -> str:
    """The page `badgeledger docs dictionary`, in Markdown: the tables of a report with their columns, then the rest."""
    lines = [
        "# Data dictionary: what each table and column says",
        "",
        "The tables of a report folder, which are the views of the warehouse's schema `report`. Kinds: text; number"
        " (whole); truth (true or false); day (local, in the zone); instant (UTC, to the microsecond). Empty means"
        " none. A key column is marked; rows are ordered by them. In the warehouse the same sentences are comments:"
        " `SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'breaches'`.",
    ]
    for name, table in TABLES.items():
        lines += ["", f"## `{name}`", "", grain("report", name) or "", "", "| column | kind | says |", "|---|---|---|"]
        for column in table.columns:
            kind, text = meaning(name, column) or ("", "")
            lines.append(f"| `{column}`{' (key)' if column in table.key else ''} | {kind} | {text} |")
    lines += [
        "",
        "## Inside the warehouse",
        "",
        "Not public: these may change with any version. Their columns carry comments too.",
        "",
        "| relation | has |",
        "|---|---|",
    ]
    lines += [
        f"| `{schema}.{relation}` | {grain(schema, relation)} |"
        for schema, folder in FOLDERS.items()
        for relation in relations(folder)
        if not (schema == "report" and relation in TABLES)
    ]
    return "\n".join(lines) + "\n"


def _of_relations(con: DuckDBPyConnection) -> Iterator[tuple[str, str, str, str, str | None]]:
    for what, schema, relation, known in con.execute(
        "SELECT 'TABLE', schema_name, table_name, comment FROM duckdb_tables()"
        " WHERE database_name = current_database()"
        " UNION ALL SELECT 'VIEW', schema_name, view_name, comment FROM duckdb_views()"
        " WHERE database_name = current_database() ORDER BY ALL"
    ).fetchall():
        text = grain(schema, relation)
        if text is not None:
            yield what, schema, relation, text, known


def _of_columns(con: DuckDBPyConnection) -> Iterator[tuple[str, str, str, str, str | None]]:
    for schema, relation, column, known, kept_as in con.execute(
        "SELECT schema_name, table_name, column_name, comment, data_type FROM duckdb_columns()"
        " WHERE database_name = current_database() ORDER BY ALL"
    ).fetchall():
        found = meaning(relation, column)
        if grain(schema, relation) and found is not None:
            kind, text = found
            yield "COLUMN", schema, f'{relation}."{column}"', _kept(text, kind, kept_as), known


def _kept(text: str, kind: str, kept_as: str) -> str:
    return text + _IN_MICROSECONDS if kind == "instant" and kept_as == "BIGINT" else text


@cache
def _entries() -> dict[str, dict[str, str]]:
    return tomllib.loads(dictionary_file().read_text(encoding="utf-8"))
