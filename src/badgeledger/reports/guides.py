"""What each finding code means to a reader: titles, why it matters, what to do (RULEBOOK 9)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Guide:
    """`fails` is the title when the code was raised, `passes` when it was looked for and not raised."""

    code: str
    fails: str
    passes: str
    why: str
    do: str

    @property
    def command(self) -> str:
        """The command that tells more."""
        return f"badgeledger explain {self.code}"


@cache
def guides() -> dict[str, Guide]:
    """Return the guide of every finding code, by code."""
    text = files(__package__).joinpath("assets", "findings.toml").read_text(encoding="utf-8")
    return {code: Guide(code, **entry) for code, entry in sorted(tomllib.loads(text).items())}
