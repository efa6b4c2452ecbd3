"""The data dictionary: every table and column of the warehouse has a comment, and the page says the same."""

from __future__ import annotations

from pathlib import Path

import harness
import pytest

from badgeledger import dictionary, pipeline
from badgeledger.reports.tables import TABLES
from badgeledger.settings import load
from badgeledger.warehouse import FOLDERS, Warehouse, relations

PIPELINE = """
[pipeline]
name = "nightly"
steps = ["ingest", "account"]
warehouse = "ledger.duckdb"
as_of = "2024-06-01T00:00:00Z"

[[inputs]]
path = "logs"
"""
LOG = [
    harness.definition(limits=[harness.fixed_value(1)]),
    harness.earn("B", "c1", "2024-02-01T00:00:00Z", rid="r1"),
    harness.earn("B", "c1", "2024-02-02T00:00:00Z", rid="r2"),
]
Comments = dict[tuple[str, ...], tuple[str, str]]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Comments, Comments]]:
    """Comments of relations and of columns, after a first night and after one that accounts for what changed."""
    folder = tmp_path_factory.mktemp("dictionary")
    (folder / "nightly.toml").write_text(PIPELINE)
    found = []
    for night, lines in enumerate((LOG, [harness.earn("B", "c2", "2024-03-01T00:00:00Z", rid="r3")])):
        harness.write_files(folder / "logs", harness.files_of({f"{night}.jsonl": lines}))
        result = pipeline.run(load(folder / "nightly.toml"))
        assert result.totals["breaches"] == 1
        with Warehouse.open(folder / "ledger.duckdb", read_only=True) as warehouse:
            found.append(comments(warehouse))
    return found


def comments(warehouse: Warehouse) -> tuple[Comments, Comments]:
    named = warehouse.con.execute(
        "SELECT schema_name, table_name, '', comment FROM duckdb_tables() WHERE database_name = current_database()"
        " UNION ALL SELECT schema_name, view_name, '', comment FROM duckdb_views()"
        " WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    columns = warehouse.con.execute(
        "SELECT schema_name, table_name, column_name, data_type, comment FROM duckdb_columns()"
        " WHERE database_name = current_database() AND NOT internal"
    ).fetchall()
    return {(*row[:2],): row[2:] for row in named}, {(*row[:3],): row[3:] for row in columns}


@pytest.mark.parametrize("night", [0, 1], ids=["the first night", "a night of changes"])
def test_every_relation_and_column_of_the_warehouse_has_a_comment(
    night: int, nights: list[tuple[Comments, Comments]]
) -> None:
    named, columns = nights[night]
    assert {schema for schema, _ in named} == {"main", *FOLDERS}
    assert [name for name, (_, comment) in named.items() if not comment] == []
    assert [name for name, (_, comment) in columns.items() if not comment] == []


def test_the_page_says_what_the_comments_say(nights: list[tuple[Comments, Comments]]) -> None:
    named, columns = nights[1]
    sections = {part.split("`")[1]: part for part in dictionary.page().split("\n## ")[1:-1]}
    assert list(sections) == list(TABLES)
    for name, section in sections.items():
        lines = section.splitlines()
        assert lines[2] == named["report", name][1]
        rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| `")]
        assert [(cell.split("`")[1], dictionary.KINDS[kind], text) for cell, kind, text in rows] == [
            (column, *columns["report", name, column]) for column in TABLES[name].columns
        ]
        assert [cell.split("`")[1] for cell, *_ in rows if cell.endswith("(key)")] == list(TABLES[name].key)


def test_the_page_names_every_relation_inside(nights: list[tuple[Comments, Comments]]) -> None:
    inside = dictionary.page().split("\n## Inside the warehouse")[1]
    for (schema, relation), (_, comment) in nights[1][0].items():
        if schema in FOLDERS and relation in relations(FOLDERS[schema]) and relation not in TABLES:
            assert f"| `{schema}.{relation}` | {comment} |" in inside


def test_instants_that_are_kept_as_numbers_say_so(nights: list[tuple[Comments, Comments]]) -> None:
    _, columns = nights[0]
    assert columns["flags", "breach", "processed_at"][1].endswith("In microseconds since 1970, UTC.")
    assert columns["report", "breaches", "processed_at"][1].endswith("(RULEBOOK 2).")


def test_no_entry_describes_what_is_not_there(nights: list[tuple[Comments, Comments]]) -> None:
    columns = {(relation, column) for _, relation, column in nights[1][1]}
    names = {column for _, column in columns}
    for kind, entries in dictionary._entries().items():
        for key in entries if kind != "relations" else ():
            relation, dot, column = key.partition(".")
            assert (relation, column) in columns if dot else key in names, key


def test_other_tables_of_a_warehouse_are_left_alone(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path / "ledger.duckdb") as warehouse:
        warehouse.con.execute("CREATE TABLE main.mine AS SELECT 'B' AS badge_id")
        dictionary.describe(warehouse.con)
        named, columns = comments(warehouse)
    assert named["main", "mine"] == ("", None)
    assert columns["main", "mine", "badge_id"][1] is None
    assert columns["raw", "call", "badge_id"][1] == dictionary.meaning("call", "badge_id")[1]  # type: ignore[index]
