"""How is a pair of tokens found? Tables of 2-word rows: the pair as one word, and what is known of it."""

from typing import Final

import numpy as np

from lmcore.bpe.machine import ONE, Words, bucket, inlined
from lmcore.bpe.merge_state import FREE

_TWO: Final = np.uint64(2)
_NONE: Final = np.uint64(0)


@inlined
def pair_key(left: int, right: int) -> np.uint64:
    """A pair of token ids as one word."""
    return np.uint64(left) << np.uint64(32) | np.uint64(right)


@inlined
def shift_of(rows: int) -> np.uint64:
    """What turns a hash into a row number of a table with `rows` rows, a power of two."""
    bits = 0
    while 1 << bits < rows:
        bits += 1
    return np.uint64(64 - bits)


@inlined
def find_pair(rows: Words, shift: np.uint64, key: np.uint64) -> np.uint64:
    """The place of `key` in a table of 2-word rows, or the free place where it belongs."""
    last = (ONE << (np.uint64(64) - shift)) - ONE
    row = bucket(key, _NONE, shift)
    while rows[row * _TWO] != key and rows[row * _TWO] != FREE:
        row = (row + ONE) & last
    return row * _TWO
