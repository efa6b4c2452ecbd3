"""Overlapping issues of one subject, compiled: which issue meets the validity of an earlier one (RULEBOOK 9, 1040).

A subject's rows come in processing order. Each may hold room (an accepted issue) and may ask (an accepted issue,
or one that
was refused). A tree over the starts holds the ends of what is valid so far, so that one customer with very many
issues costs n log n.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import njit

NEVER = 2**63 - 1
NONE = -1

Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _set(ends: Ints, holders: Ints, size: int, leaf: int, end: int, holder: int) -> None:  # pragma: no cover - compiled
    node = size + leaf
    ends[node], holders[node] = end, holder
    node >>= 1
    while node >= 1:
        left, right = 2 * node, 2 * node + 1
        # Of equal ends the earlier in processing order is the evidence.
        first = ends[left] > ends[right] or (ends[left] == ends[right] and holders[left] <= holders[right])
        best = left if first else right
        ends[node], holders[node] = ends[best], holders[best]
        node >>= 1


@njit(cache=True, nogil=True)
def _latest_before(ends: Ints, holders: Ints, size: int, leaves: int) -> tuple[int, int]:  # pragma: no cover - compiled
    """The latest end, and its holder, among the first `leaves` leaves."""
    best_end, best_holder = -NEVER, NEVER
    low, high = size, size + leaves
    while low < high:
        for node, take in ((low, low & 1), (high - 1, high & 1)):
            if take and (ends[node] > best_end or (ends[node] == best_end and holders[node] < best_holder)):
                best_end, best_holder = ends[node], holders[node]
        low = (low + 1) >> 1
        high >>= 1
    return best_end, best_holder


@njit(cache=True, nogil=True)
def earlier_overlaps(
    bounds: Ints, starts: Ints, ends: Ints, holds: Any, processed: Ints, revoked: Ints
) -> Ints:  # pragma: no cover - compiled
    """For each row the earlier holder whose validity meets the row's own and ends last, or :data:`NONE`.

    `bounds` says where each subject's rows begin; `revoked` is the instant of revocation or :data:`NEVER`: a
    holder that was revoked at or before a row's `processed` does not meet it. An empty validity meets nothing.
    """
    found = np.full(len(starts), NONE, np.int64)
    for subject in range(len(bounds) - 1):
        low, high = bounds[subject], bounds[subject + 1]
        count = high - low
        if count < 2:
            continue
        order = np.argsort(starts[low:high], kind="mergesort")
        sorted_starts = starts[low:high][order]
        leaf_of = np.empty(count, np.int64)
        for leaf in range(count):
            leaf_of[order[leaf]] = leaf
        by_revocation = np.argsort(revoked[low:high], kind="mergesort")
        next_revoked = 0
        size = 1
        while size < count:
            size *= 2
        tree_ends = np.full(2 * size, -NEVER, np.int64)
        tree_holders = np.full(2 * size, NEVER, np.int64)
        for place in range(count):
            row = low + place
            while next_revoked < count and revoked[low + by_revocation[next_revoked]] <= processed[row]:
                gone = by_revocation[next_revoked]
                _set(tree_ends, tree_holders, size, leaf_of[gone], -NEVER, NEVER)
                next_revoked += 1
            if starts[row] >= ends[row]:
                continue
            begun = np.searchsorted(sorted_starts, ends[row])
            end, holder = _latest_before(tree_ends, tree_holders, size, begun)
            if end > starts[row]:
                found[row] = holder
            if holds[row] and revoked[row] > processed[row]:
                _set(tree_ends, tree_holders, size, leaf_of[place], ends[row], row)
    return found
