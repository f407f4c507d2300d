"""Where do several cuts of one text differ? Pieces that one of them has and none of the others."""

from collections.abc import Generator, Sequence
from typing import Final

import numpy as np

from lmcore.bpe.live_text import Cut
from lmcore.bpe.machine import Bytes, Ints, kernel
from lmcore.bpe.vocab_view import Flags

PART: Final = 250_000
"""Pieces that are compared in a few milliseconds."""


@kernel
def mark_shared(own: Ints, other: Ints, shared: Bytes) -> None:
    """Sets `shared[i]` for every piece `own[i]` to `own[i + 1]` that `other` has too."""
    j = 0
    for i in range(len(own) - 1):
        while other[j] < own[i]:
            j += 1
        if other[j] == own[i] and j + 1 < len(other) and other[j + 1] == own[i + 1]:
            shared[i] = 1


def only_here(cut: Cut, others: Sequence[Cut], part: int = PART) -> Generator[None, None, int]:
    """How many pieces of a cut none of the others has; all cuts are of the same text. Yields after every `part`."""
    found = 0
    for first in range(0, len(cut), part):
        own = cut.starts[first : first + part + 1]
        shared = np.zeros(len(own) - 1, np.uint8)
        for other in others:
            around = np.searchsorted(other.starts, own[[0, -1]]).tolist()
            mark_shared(own, other.starts[around[0] : around[1] + 1], shared)
        found += len(shared) - int(np.count_nonzero(shared))
        yield
    return found


def differing(cut: Cut, first: int, last: int, others: Sequence[Cut]) -> Flags:
    """Which of the pieces `first` to `last` (exclusive) none of the others has; shape (last - first,)."""
    own = cut.starts[first : last + 1]
    differs = np.full(last - first, bool(others))
    for other in others:
        places = np.searchsorted(other.starts, own[:-1])
        ends = other.starts[np.minimum(places + 1, len(other.starts) - 1)]
        differs &= (other.starts[places] != own[:-1]) | (ends != own[1:])
    return differs
