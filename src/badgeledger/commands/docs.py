"""`badgeledger docs`: the built-in texts."""

from __future__ import annotations

from pathlib import Path

from ..errors import UsageError
from ..resources import docs
from ..text import columns


def show_docs(name: str | None) -> None:
    """Print a text, or the names of all with their titles. Raises UsageError."""
    texts = docs()
    if name is None:
        print("\n".join(columns((entry, _title(path)) for entry, path in texts.items())))
        return
    if name not in texts:
        raise UsageError(
            where="badgeledger docs",
            expected="one of " + ", ".join(texts),
            found=repr(name),
            next_step="Name one of them.",
        )
    print(texts[name].read_text(encoding="utf-8"), end="")


def _title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines, "").lstrip("# ").strip()
