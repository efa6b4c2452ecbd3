"""TOML files, read and checked against their models.

Every mistake is a :class:`~badgeledger.errors.ConfigError` that names the file, the key, and the line and column.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from .errors import ConfigError

_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


class ConfigModel(BaseModel):
    """A table of such a file: unknown keys are mistakes, and no value is bent to fit."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path, kind: str = "a pipeline file") -> dict[str, Any]:
    """The values of a file; `kind` says what it should be. Raises ConfigError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            where=str(path),
            expected=kind,
            found=error.strerror or str(error),
            next_step=f"Give the path of {kind}; what it may say stands in: badgeledger docs contract",
        ) from None
    try:
        text = data.decode()
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line, column = _line_and_column(data[: error.start].decode())
        found = f"the byte 0x{data[error.start]:02x}, which is not UTF-8"
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        if place and place[1]:
            line, column = int(place[1]), int(place[2])
        else:
            line, column = _line_and_column(text)
        found = _lowered(_TOML_PLACE.sub("", message))
    raise ConfigError(
        where=f"{path}, line {line}, column {column}",
        expected="TOML",
        found=found,
        next_step="Correct the file at that place.",
    )


def _line_and_column(before: str) -> tuple[int, int]:
    line = before.count("\n") + 1
    return line, len(before) - (before.rfind("\n") + 1) + 1


def checked(model: type[M], values: Mapping[str, Any], where: Path | str) -> M:
    """The values as a model; `where` is the file that they stand in, or the option `--set`. Raises ConfigError."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        first = problems[0]
        others = [_key_path(problem["loc"]) for problem in problems[1:]]
        raise ConfigError(
            where=f"{where}, key {_key_path(first['loc'])}{_place(where, first['loc'])}"
            if isinstance(where, Path)
            else where,
            expected=_expected(model, first),
            found=_found(model, first),
            next_step="Correct it" + (f", and also {', '.join(others)}." if others else "."),
        ) from None


def _place(path: Path, key: tuple[int | str, ...]) -> str:
    """Line and column of the statement that gives a key, or the table in which it is missing, as the end of a `where`.

    The parser tells no places. A file cut off before that statement lacks the key, and one cut off behind it has it.
    """
    try:
        lines = [f"{line}\n" for line in path.read_text(encoding="utf-8").split("\n")]
        whole = tomllib.loads("".join(lines))
    except (OSError, ValueError):
        # It was read a moment ago, and has changed since.
        return ""
    while key and not _has(whole, key):
        key = key[:-1]
    if not key:
        return ""
    line = 1 + bisect_left(range(1, len(lines) + 1), True, key=lambda count: _has(_begun(lines, count), key))
    name = str(next(part for part in reversed(key) if isinstance(part, str)))
    return f", line {line}, column {1 + max(lines[line - 1].find(name), 0)}"


def _begun(lines: list[str], count: int) -> dict[str, Any]:
    """What the first `count` lines say, and as many after them as their last statement goes on for."""
    for end in range(count, len(lines)):
        try:
            return tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
    return tomllib.loads("".join(lines))


def _has(values: Any, key: tuple[int | str, ...]) -> bool:
    try:
        for part in key:
            values = values[part]
    except (LookupError, TypeError):
        return False
    return True


def _key_path(place: tuple[int | str, ...]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _expected(model: type[BaseModel], problem: ErrorDetails) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return "one of the keys " + ", ".join(_sibling_keys(model, problem["loc"]))
    if kind == "missing":
        return "this key"
    if kind == "literal_error":
        return str(problem["ctx"]["expected"])
    if kind == "value_error":
        return str(problem["ctx"]["error"])
    if kind == "string_pattern_mismatch":
        return "letters, digits, dot, hyphen and underscore, beginning with a letter or digit, at most 64"
    return _lowered(problem["msg"].replace("Input should be ", "").replace("Input should have ", ""))


def _found(model: type[BaseModel], problem: ErrorDetails) -> str:
    if problem["type"] == "missing":
        return "none"
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        return repr(key) + like(key, _sibling_keys(model, problem["loc"]))
    return repr(problem["input"])


def _sibling_keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at this place knows."""
    for part in place[:-1]:
        if isinstance(part, str):
            model = _table_model(model.model_fields[part].annotation)
    return [field.alias or name for name, field in model.model_fields.items()]


def _table_model(annotation: Any) -> type[BaseModel]:
    if get_origin(annotation) in {tuple, Union, UnionType}:
        annotation = get_args(annotation)[0]
    found: type[BaseModel] = annotation
    return found


def like(key: str, known: Iterable[str]) -> str:
    """A question about the known key that comes nearest, empty where none does."""
    close = difflib.get_close_matches(key, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
