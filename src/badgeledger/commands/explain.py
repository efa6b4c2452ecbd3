"""`badgeledger explain`: the story of one thing on the terminal, as JSON or as a page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..explain import explain
from ..explain.html import story_page
from ..explain.terminal import show
from ..progress import progress
from ..settings import instant_option, load
from .status import say_settings, warehouse_path


@dataclass(frozen=True)
class Asked:
    """What is asked: an id or its beginning, of what kind, as of which instant, under which settings."""

    text: str
    kind: str | None = None
    as_of: str | None = None
    overrides: Sequence[str] = ()


def explain_thing(
    pipeline: Path | None,
    warehouse: Path | None,
    asked: Asked,
    *,
    html: Path | None,
    lock_timeout: float,
    as_json: bool,
) -> None:
    """Tell the story of an id. Raises UsageError when it names nothing, or several things."""
    path = warehouse_path(pipeline, warehouse)
    if asked.as_of not in {None, "now", "start-of-day"}:
        instant_option("--as-of", str(asked.as_of))
    with progress() as told:
        story = explain(
            path,
            asked.text,
            kind=asked.kind,
            file=None if pipeline is None else load(pipeline),
            overrides=asked.overrides,
            as_of=asked.as_of,
            lock_timeout=lock_timeout,
            progress=told,
        )
    say_settings(pipeline, story.settings)
    if as_json:
        print(story.model_dump_json(indent=2))
    if html is not None:
        html.write_text(story_page(story), encoding="utf-8", newline="\n")
        print(f"written: {html}", file=sys.stderr)
    elif not as_json:
        show(story)
