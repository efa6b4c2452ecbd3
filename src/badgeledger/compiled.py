"""The compiler, told where to keep its work before it is imported; who compiles imports it from here."""

from __future__ import annotations

from . import __version__
from .cache import prepare

prepare(__version__)

from numba import njit  # noqa: E402

__all__ = ["njit"]
