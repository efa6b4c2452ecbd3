"""The built-in texts: what they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from badgeledger import cli
from badgeledger.reports.guides import guides
from badgeledger.resources import docs

REPOSITORY = Path(__file__).resolve().parents[2]
SPEC = REPOSITORY / "tests" / "spec"
RULEBOOK = docs()["rulebook"].read_text("utf-8")
# How many commands a page shows at least.
PAGES = {"analysts": 4, "auditors": 4, "cron": 2, "engineers": 4}


def named_tests() -> set[tuple[str, str]]:
    return set(re.findall(r"`(test_\w+\.py)::(test_\w+)`", RULEBOOK))


def test_every_test_that_the_rule_book_names_is_there() -> None:
    there = {
        (path.name, name)
        for path in SPEC.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(named_tests()) > 100
    assert named_tests() - there == set()


def test_every_section_with_rules_names_tests() -> None:
    sections = set(re.findall(r"^##+ (\d+(?:\.\d)?)[. ]", RULEBOOK, re.MULTILINE))
    shown = set(re.findall(r"^\| (\d+(?:\.\d)?) ", RULEBOOK.split("## 11.")[1], re.MULTILINE))
    # The first says what words mean; the last is the list itself.
    assert sections - {"1", "11"} == shown


def test_every_table_of_tests_about_rules_is_named() -> None:
    # These show how the house keeps its tables, which is not in the rule book.
    others = {
        "test_changes.py",
        "test_reports.py",
        "test_restatement.py",
        "test_warehouse_names.py",
        "test_what_a_night_touches.py",
    }
    assert {path.name for path in SPEC.glob("test_*.py")} - others == {name for name, _ in named_tests()}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_commands_that_exist(name: str) -> None:
    text = docs()[name].read_text("utf-8")
    root = typer.main.get_command(cli.app)
    known = set(root.commands)  # type: ignore[attr-defined]
    found = re.findall(r"(?:^ *|`)badgeledger ([a-z]+)([^`\n]*)", text, re.MULTILINE)
    commands = {command for command, _ in found}
    assert len(commands) >= PAGES[name]
    assert commands - known == set()
    for command, rest in found:
        parameters = root.commands[command].params  # type: ignore[attr-defined]
        options = {option for parameter in parameters for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) - options == set(), command


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_texts_files_and_findings_that_are_there(name: str) -> None:
    text = docs()[name].read_text("utf-8")
    for other in re.findall(r"badgeledger docs ([a-z]+)", text):
        assert other in {*docs(), "dictionary"}
    for path in re.findall(r"`((?:src|sql|tests|pipelines|data-samples)/[\w./-]+)`", text):
        assert (REPOSITORY / path).exists(), path
    for code in re.findall(r"finding `([a-z-]+)`", text):
        assert code in guides()
