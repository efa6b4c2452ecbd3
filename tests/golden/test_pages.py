"""What commands print in a terminal, asked of the samples: the pages in `pages`, to the character."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden.pages import FOLDER, PAGES, page


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_command_prints_its_golden_page(name: str, warehouse: Path) -> None:
    assert page(warehouse, PAGES[name]) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_every_golden_page_is_made() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(PAGES)


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_narrow_terminal_folds_and_loses_nothing(name: str, columns: int, warehouse: Path) -> None:
    wide = "".join(page(warehouse, PAGES[name]).split())
    narrow = page(warehouse, PAGES[name], columns)
    assert all(len(line) <= columns for line in narrow.splitlines())
    # Folding moves the pieces of a cell; every character stays.
    letters = {character: wide.count(character) for character in set(wide) if character.isalnum()}
    assert {character: narrow.count(character) for character in letters} == letters
