"""`badgeledger config`: the settings of a pipeline file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..settings import load


def show_config(path: Path, overrides: Sequence[str], *, as_json: bool) -> None:
    """Print all settings, as JSON or as a pipeline file. Raises ConfigError."""
    settings = load(path, overrides).settings.model_dump(mode="json")
    if as_json:
        print(json.dumps(settings, indent=2))
        return
    tables = [
        _table(f"[[{name}]]" if isinstance(section, list) else f"[{name}]", values)
        for name, section in settings.items()
        for values in (section if isinstance(section, list) else [section])
    ]
    print("\n\n".join(tables))


def validate_config(path: Path, overrides: Sequence[str]) -> None:
    """Say that a pipeline file is good. Raises ConfigError."""
    settings = load(path, overrides).settings
    print(f"{path}: good; runs {', '.join(settings.pipeline.steps)} as {settings.pipeline.name}")


def _table(head: str, values: dict[str, Any]) -> str:
    # JSON's strings, numbers and arrays are TOML's too; an absent value has no line.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value is not None]
    return "\n".join([head, *lines])
