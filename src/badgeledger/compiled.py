"""The compiler, told where to keep its work before it is imported; who compiles imports it from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from . import __version__
from .cache import prepare

prepare(__version__)

from llvmlite import ir  # noqa: E402
from numba import njit, types  # noqa: E402
from numba.extending import intrinsic  # noqa: E402
from numba.np.arrayobj import make_array  # noqa: E402

__all__ = ["first_byte", "leaf", "njit", "word"]

_WORD = ir.IntType(64)
_Function = TypeVar("_Function", bound=Callable[..., Any])


def leaf(function: _Function) -> _Function:
    """Compile a short function that makes no arrays. The references to its arguments are not counted: that costs more
    than what such a function does.
    """
    compiled: _Function = njit(cache=True, nogil=True, _nrt=False)(function)  # type: ignore[call-overload]
    return compiled


def _word(typing: Any, text: Any, place: Any) -> Any:
    """Eight bytes of `text` from `place` on as one number, the first one lowest; all must be inside."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        array = make_array(text)(context, builder, values[0])  # type: ignore[no-untyped-call]
        begin = builder.gep(array.data, [values[1]])
        return builder.load(builder.bitcast(begin, _WORD.as_pointer()), align=1)

    return types.uint64(text, types.int64), generate


def _first_byte(typing: Any, found: Any) -> Any:
    """The place, 0 to 7, of the lowest byte of a word that is not zero."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        zeros = builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))
        return builder.lshr(zeros, ir.Constant(_WORD, 3))

    return types.int64(types.uint64), generate


word: Any = intrinsic(_word)
first_byte: Any = intrinsic(_first_byte)
