"""Every error of ours is one paragraph: where, what was expected, what was found, what to do; with its exit code."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgeledger import errors
from badgeledger.errors import BadgeledgerError
from badgeledger.resources import docs

PACKAGE = Path(errors.__file__).parent
PARTS = ("where", "expected", "found", "next_step")


def kinds(above: type[BadgeledgerError] = BadgeledgerError) -> list[type[BadgeledgerError]]:
    return [kind for below in above.__subclasses__() for kind in (below, *kinds(below))]


def raised() -> Iterator[tuple[str, str, dict[str, ast.expr]]]:
    """Every place of the package that makes an error: file and line, the class, and its arguments by name."""
    names = {kind.__name__ for kind in kinds()}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                arguments = {keyword.arg or "**": keyword.value for keyword in node.keywords}
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.func.id, arguments


def ends(value: ast.expr) -> tuple[str | None, str | None]:
    """The fixed text at the beginning and at the end of an argument; None where it is put together there."""
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    texts = [part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None for part in parts]
    return texts[0], texts[-1]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_an_error_says_its_four_parts_and_survives_a_process(kind: type[BadgeledgerError]) -> None:
    error = kind(where="here", expected="this", found="that", next_step="Do so.")
    assert str(error) == "here: expected this; found that. Do so."
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert [getattr(again, part) for part in PARTS] == ["here", "this", "that", "Do so."]
    with pytest.raises(TypeError, match="next_step"):
        kind(where="here", expected="this", found="that")  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_an_error_has_the_exit_code_that_the_tree_and_the_contract_say(kind: type[BadgeledgerError]) -> None:
    tree = dict(re.findall(r"[├└]── (\w+) +(\d)", errors.__doc__ or ""))
    assert tree[kind.__name__] == str(kind.exit_code)
    line = next(line for line in docs()["contract"].read_text("utf-8").splitlines() if line.startswith("Exit codes:"))
    assert f"; {kind.exit_code} " in line
    assert kind.__doc__


def test_the_tree_names_no_class_that_is_not_there() -> None:
    tree = re.findall(r"[├└]── (\w+) +\d", errors.__doc__ or "")
    assert sorted(tree) == sorted(kind.__name__ for kind in kinds())


def test_every_kind_of_error_is_raised_somewhere() -> None:
    assert {kind.__name__ for kind in kinds()} - {name for _, name, _ in raised()} == set()


def test_every_error_that_is_raised_has_its_four_parts() -> None:
    places = list(raised())
    assert len(places) > 60
    assert [place for place, _, arguments in places if set(arguments) != set(PARTS)] == []


def test_next_steps_are_sentences_and_the_other_parts_are_not() -> None:
    # A step may end with what is to be typed: a command, or an option with its value.
    typed = re.compile(r"(badgeledger|--\w)[^.]*(\.\w+)?$")
    wrong = []
    for place, _, arguments in raised():
        first, last = ends(arguments["next_step"])
        if first is not None and not first[:1].isupper():
            wrong.append(f"{place}: {first}")
        if last is not None and not last.endswith(".") and not last.endswith(" --help") and not typed.search(last):
            wrong.append(f"{place}: {last}")
        for part in ("expected", "found"):
            if (ends(arguments[part])[1] or "").endswith("."):
                wrong.append(f"{place}: {part} ends a sentence")
    assert wrong == []
