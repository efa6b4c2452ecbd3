"""`badgeledger docs`: the built-in texts."""

from __future__ import annotations

from ..dictionary import page
from ..errors import UsageError
from ..resources import docs
from ..text import columns


def show_docs(name: str | None) -> None:
    """Print a text, or the names of all with their titles. Raises UsageError."""
    texts = {entry: path.read_text(encoding="utf-8") for entry, path in docs().items()}
    texts = dict(sorted((texts | {"dictionary": page()}).items()))
    if name is None:
        print("\n".join(columns((entry, _title(text)) for entry, text in texts.items())))
        return
    if name not in texts:
        raise UsageError(
            where="badgeledger docs",
            expected="one of " + ", ".join(texts),
            found=repr(name),
            next_step="Name one of them.",
        )
    print(texts[name], end="")


def _title(text: str) -> str:
    return text.partition("\n")[0].lstrip("# ").strip()
