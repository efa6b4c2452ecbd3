"""The house keeps its plan: who may import whom, what a relation's file looks like, how large a room may grow."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest

from badgeledger.reports.tables import TABLES

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "badgeledger"
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}
SQL = sorted((REPOSITORY / "sql").rglob("*.sql"))
QUERIES = sorted(PACKAGE.rglob("*.sql"))

# From the ground up. A module may import from its own floor and from those below it.
FLOORS = (
    {"errors", "cache", "faults", "options"},
    {"compiled", "resources", "text", "calendar", "civil", "definitions"},
    {"configuration", "trouble", "warehouse_files", "frames", "macros"},
    {"waivers"},
    {
        "settings",
        "kernel",
        "deciding",
        "subjects",
        "sieve",
        "sifting",
        "timeline",
        "overlaps",
        "inputs",
        "records",
        "room",
        "flat_files",
        "straddles",
        "found",
    },
    {"warehouse", "keys"},
    {"due"},
    {"staging"},
    {
        "counting",
        "dumped_cycles",
        "ingest",
        "accounting",
        "deriving",
        "changes",
        "dictionary",
        "reports",
        "runs",
        "generate",
        "generate_badges",
        "generate_calls",
    },
    {"ruling", "asked"},
    {"kept", "regimes", "validity"},
    {"layout"},
    {"decisions", "overrides", "evidence", "raw_inputs", "self_check", "open_rows", "chain"},
    {"decision_blocks"},
    {"emission"},
    {"earlier", "replayed"},
    {"views"},
    {"pipeline", "verify", "progress"},
    {"ledgers"},
    {"prune", "rebuild", "replay", "reproduce", "metrics", "answers", "lint", "explain", "sampling"},
    {"grid"},
    {"commands", "endings", "api"},
    {"cli", "cli_answers", "cli_replay", "cli_starting"},
    {"__main__"},
)


def imports(path: Path, *, deferred: bool = True) -> Iterator[str]:
    """The modules that a file imports, ours as `badgeledger.x`; without those in functions unless `deferred`."""
    package = ["badgeledger", *path.relative_to(PACKAGE).parts[:-1]]
    tree = ast.parse(path.read_text())
    nodes = list(ast.walk(tree)) if deferred else [node for node in tree.body if not _only_for_types(node)]
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            yield ".".join(module)
            yield from (".".join([*module, alias.name]) for alias in node.names)


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def ours(path: Path, *, deferred: bool = True) -> set[str]:
    """The modules of the package that a file imports, without the package's name."""
    return {
        name.removeprefix("badgeledger.")
        for name in imports(path, deferred=deferred)
        if name.startswith("badgeledger.") and name.removeprefix("badgeledger.") in MODULES
    } - {_name(path)}


def _name(path: Path) -> str:
    return next(name for name, place in MODULES.items() if place == path)


def outside(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)} - {"badgeledger"}


def floor(module: str) -> int:
    return next((level for level, names in enumerate(FLOORS) if module.split(".")[0] in names), -1)


def test_each_module_has_its_floor() -> None:
    assert [name for name in MODULES if floor(name) < 0 and name.split(".")[0] != "witness"] == []


@pytest.mark.parametrize("module", [name for name in MODULES if not name.startswith("witness")])
def test_imports_run_one_way(module: str) -> None:
    above = {name for name in ours(MODULES[module], deferred=False) if floor(name) > floor(module)}
    assert above == set()


def test_no_two_modules_import_each_other_when_they_load() -> None:
    graph = {name: ours(path, deferred=False) for name, path in MODULES.items()}
    while leaves := {name for name, needed in graph.items() if not needed & graph.keys()}:
        graph = {name: needed for name, needed in graph.items() if name not in leaves}
    assert graph == {}


def test_the_witness_shares_nothing_with_the_engine() -> None:
    files = {name: path for name, path in MODULES.items() if name.split(".")[0] == "witness"}
    assert files
    for name, path in files.items():
        assert {other for other in ours(path) if other.split(".")[0] != "witness"} == set(), name
        # Parquet is read by no module of the standard library.
        allowed = {"polars"} if name == "witness.flat" else set()
        assert outside(path) - set(sys.stdlib_module_names) == allowed, name
    importers = [name for name, path in MODULES.items() if any(n.split(".")[0] == "witness" for n in ours(path))]
    assert {name for name in importers if name.split(".")[0] != "witness"} == {"raw_inputs", "self_check", "verify"}


def test_verify_reaches_nothing_that_counts() -> None:
    reached, waiting = set(), ["verify"]
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += ours(MODULES[module])
    assert {name for name in reached if name.split(".")[0] != "witness"} == {
        *("verify", "chain", "raw_inputs", "open_rows", "evidence", "reports.tables", "resources", "frames"),
        *("warehouse", "warehouse_files", "trouble", "errors", "faults", "macros"),
    }


def test_the_kernel_knows_no_file_no_sql_and_no_calendar() -> None:
    for module in ("kernel", "deciding", "subjects", "civil"):
        assert outside(MODULES[module]) <= {"__future__", "collections", "typing", "numpy"}, module
        assert "calendar" not in ours(MODULES[module]), module


def test_only_the_warehouse_opens_a_database() -> None:
    opening = [name for name, path in MODULES.items() if re.search(r"duckdb\.connect\(", path.read_text())]
    assert opening == ["warehouse"]


def test_only_one_module_imports_the_compiler() -> None:
    assert [name for name, path in MODULES.items() if "numba" in outside(path)] == ["compiled"]


def test_only_calendar_and_witness_know_time_zones() -> None:
    knowing = {name.split(".")[0] for name, path in MODULES.items() if outside(path) & {"zoneinfo", "tzdata"}}
    assert knowing <= {"calendar", "witness"}
    assert "calendar" in knowing


def test_only_commands_that_count_load_the_compiler() -> None:
    reached, waiting = (
        set(),
        ["cli", "settings", "commands.docs", "commands.config", "commands.status", "commands.init"],
    )
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += ours(MODULES[module], deferred=False)
    assert [name for name in sorted(reached) if "numba" in outside(MODULES[name])] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_longer_than_400_lines(module: str) -> None:
    assert len(MODULES[module].read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", SQL, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_relation_begins_with_its_grain_and_is_one_statement(path: Path) -> None:
    text = path.read_text()
    first = text.splitlines()[0]
    if path.parent.name == "checks":
        assert re.match(r"-- (One|No) row", first), first
    else:
        assert re.match(r"-- One row( per |: )", first), first
    assert len(duckdb.extract_statements(text)) == 1
    assert text.count("\n\n\n") == 0


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_query_of_the_report_is_one_statement(path: Path) -> None:
    assert len(duckdb.extract_statements(path.read_text())) == 1


def test_a_table_is_created_under_the_name_of_its_file() -> None:
    tables = [path for path in SQL if path.parent.name == "1_raw"]
    assert tables
    for path in tables:
        assert re.search(rf"^CREATE TABLE raw\.{path.stem} \(", path.read_text(), re.MULTILINE), path.name


def test_no_relation_is_named_twice() -> None:
    names = [f"{path.parent.name}.{path.stem}" for path in SQL]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "path", [p for p in SQL if p.parent.name != "checks"], ids=lambda p: f"{p.parent.name}/{p.name}"
)
def test_no_relation_is_an_orphan(path: Path) -> None:
    if path.parent.name == "5_reports" and path.stem in TABLES:
        return
    word = re.compile(rf"\b{re.escape(path.stem)}\b")
    files = [other for other in (*SQL, *QUERIES) if other != path]
    readers = [other for other in files if word.search(_without_comments(other.read_text()))]
    spoken = any(word.search(text) for module in MODULES.values() for text in _strings(module))
    begun = any(path.stem.startswith(text) for module in MODULES.values() for text in _beginnings(module))
    assert readers or spoken or begun, f"nobody reads {path.stem}"


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_no_query_of_the_report_is_an_orphan(path: Path) -> None:
    assert any(path.stem in _strings(module) for module in MODULES.values())


def test_every_public_table_has_its_relation() -> None:
    assert set(TABLES) <= {path.stem for path in SQL if path.parent.name == "5_reports"}


def test_there_are_checks() -> None:
    assert [path for path in SQL if path.parent.name == "checks"]


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


@cache
def _strings(path: Path) -> set[str]:
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@cache
def _beginnings(path: Path) -> set[str]:
    """The fixed beginnings of names that are put together, such as `careful_` of f"careful_{table}"."""
    return {
        node.values[0].value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and isinstance(node.values[0].value, str)
        and re.fullmatch(r"[a-z]+_", node.values[0].value)
    }
