"""What `import badgeledger` offers: its examples are true of the samples, importing is cheap, its errors are ours."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import badgeledger
from badgeledger import api, errors
from badgeledger.commands.init import write_starter
from badgeledger.reports.tables import TABLES


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `badgeledger init` writes; its report has the tables alone, which the pages do not change."""
    folder = tmp_path_factory.mktemp("starter")
    write_starter(folder)
    pipeline = folder / "pipelines" / "nightly.toml"
    text = pipeline.read_text("utf-8")
    assert '"csv", "parquet", "html", "xlsx"' in text
    pipeline.write_text(text.replace('"csv", "parquet", "html", "xlsx"', '"csv"'), "utf-8")
    return folder


@pytest.fixture(scope="module")
def examples(starter: Path) -> doctest.DocTestRunner:
    """All examples of the module, in its order, in the starter's folder."""
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    found = [test for test in doctest.DocTestFinder().find(api, globs=dict(vars(api))) if test.examples]
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(starter)
        for test in sorted(found, key=lambda test: test.lineno or 0):
            runner.run(test)
    return runner


def test_the_examples_are_true_of_the_samples(examples: doctest.DocTestRunner) -> None:
    assert examples.tries >= 15
    assert examples.failures == 0


def test_every_public_name_has_an_example(examples: doctest.DocTestRunner) -> None:
    shown = {test.name.removeprefix("badgeledger.api.") for test in doctest.DocTestFinder().find(api) if test.examples}
    assert {"run_pipeline", "open_warehouse", "Ledger", "Ledger.read", "Ledger.replay"} <= shown


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_the_one_of_the_report_folder(name: str, starter: Path) -> None:
    frame = badgeledger.open_warehouse(starter / "build" / "ledger.duckdb").read(name)
    assert frame.columns == list(TABLES[name].columns)
    written = pl.read_csv(starter / "build" / "reports" / "2026-03-01" / f"{name}.csv", infer_schema=False)
    assert frame.height == written.height
    for column in TABLES[name].key:
        if frame.schema[column] == pl.String:
            assert frame[column].to_list() == [text or "" for text in written[column]], column


@pytest.mark.usefixtures("examples")
def test_what_cannot_be_done_is_an_error_of_ours(starter: Path, tmp_path: Path) -> None:
    ledger = badgeledger.open_warehouse(str(starter / "build" / "ledger.duckdb"))
    with pytest.raises(errors.ConfigError, match="did you mean rolling_clock"):
        ledger.replay(tmp_path / "replay", settings={"rolling_clok": "event"})
    with pytest.raises(errors.ConfigError, match="a pipeline file"):
        badgeledger.run_pipeline(tmp_path / "none.toml")
    (tmp_path / "text.duckdb").write_text("not a database" * 400)
    with pytest.raises(badgeledger.BadgeledgerError) as raised:
        badgeledger.open_warehouse(tmp_path / "text.duckdb")
    assert isinstance(raised.value, errors.WarehouseError)
    assert all((raised.value.where, raised.value.expected, raised.value.found, raised.value.next_step))


def test_importing_loads_nothing_that_costs() -> None:
    program = (
        "import sys, badgeledger; heavy = {'duckdb', 'polars', 'numpy', 'numba', 'pydantic', 'rich', 'typer'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "assert callable(badgeledger.run_pipeline); assert 'Ledger' in dir(badgeledger); print('cheap')"
    )
    path = str(Path(badgeledger.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": path}
    )
    assert done.stdout == "cheap\n"


def test_a_name_that_is_not_offered_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'countbadges'"):
        badgeledger.countbadges  # noqa: B018
