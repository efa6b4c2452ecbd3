"""What a process may be told to change in itself before its command begins."""

from __future__ import annotations

import ctypes

from badgeledger import inputs


def small_bomb() -> None:
    """A file may grow to 8 MiB or forty times its size when it is decompressed."""
    inputs.MIN_BOMB_BYTES, inputs.MAX_EXPANSION = 8 * 1024 * 1024, 40


def no_right_to_read() -> None:
    """Root may read anything; without this capability it is held to the rights of a file, as anybody is."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    dac_override, dac_read_search = 1 << 1, 1 << 2
    sets[0] &= ~(dac_override | dac_read_search)
    assert libc.capset(header, sets) == 0
