"""Counts issued and earned badges against their limits, from the platform's own request logs.

What the package offers to Python, by name; each is loaded when it is first used, so that importing costs nothing:

- :func:`~badgeledger.api.run_pipeline` runs a pipeline file.
- :func:`~badgeledger.api.open_warehouse` gives a :class:`~badgeledger.api.Ledger`: report tables as Polars frames,
  and replay.
- :class:`~badgeledger.errors.BadgeledgerError` is above every error that they raise on purpose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Ledger, ReplayResult, RunResult, open_warehouse, run_pipeline
    from .errors import BadgeledgerError

__version__ = "0.1.0"
__all__ = [
    "BadgeledgerError",
    "Ledger",
    "ReplayResult",
    "RunResult",
    "__version__",
    "open_warehouse",
    "run_pipeline",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(".errors" if name == "BadgeledgerError" else ".api", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
