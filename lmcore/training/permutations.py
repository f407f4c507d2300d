"""How is a shuffled order known at any place without making a list of it? Random numbers and permutations by counter.

Only the raw bits of numpy's Philox are used (Salmon et al. 2011), which numpy promises never to change, so that a
training is resumed with the same batches under any release.
"""

from math import isqrt
from typing import Final

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]

_WORD: Final = 1 << 64
ROUNDS: Final = 8
"""Twice the four that Luby and Rackoff (1988) need, since the hash is a good one but no cipher."""


def words(seed: int, counter: int, number: int) -> _Words:
    """`number` random words of 64 bits that depend on `seed` and `counter` only; the seed counts modulo 2⁶⁴."""
    return _source(seed, counter).random_raw(number)


def uniform(seed: int, counter: int, below: int, number: int) -> Whole:
    """`number` whole numbers from 0 to `below` − 1, every one exactly equally likely: [number].

    Words above the last multiple of `below` are drawn again, since their remainders would favour small numbers.
    """
    source = _source(seed, counter)
    last = np.uint64(_WORD - 1 - _WORD % below)
    drawn = source.random_raw(number)
    while (beyond := drawn > last).any():
        drawn[beyond] = source.random_raw(int(beyond.sum()))
    return (drawn % np.uint64(below)).astype(np.int64)


class Permutation:
    """A random order of 0 to `size` − 1, known place by place: exactly one to one, without memory.

    A Feistel network on numbers a·i + j, a·b ≥ `size` (Black and Rogaway 2002): i and j take turns in being shifted by
    what a keyed hash makes of the other, which can be undone whatever the hash. Results of `size` or more, of which
    there are at most some √`size`, are sent through again until they are below ("cycle walking").
    """

    def __init__(self, size: int, seed: int, counter: int) -> None:
        self.size = size
        self._columns = np.uint64(_ceil_sqrt(size))
        self._rows = np.uint64(-(-size // int(self._columns)))
        self._keys = words(seed, counter, ROUNDS)

    def at(self, places: Whole) -> Whole:
        """What stands at these places of the order, all in 0 to size − 1: [number] -> [number]."""
        found = self._shuffle(places.astype(np.uint64))
        while (beyond := found >= self.size).any():
            found[beyond] = self._shuffle(found[beyond])
        return found.astype(np.int64)

    def _shuffle(self, numbers: _Words) -> _Words:
        """One to one on 0 to rows · columns − 1."""
        row, column = np.divmod(numbers, self._columns)
        for first, second in self._keys.reshape(-1, 2):
            row = (row + _hash(column ^ first) % self._rows) % self._rows
            column = (column + _hash(row ^ second) % self._columns) % self._columns
        return row * self._columns + column


def _source(seed: int, counter: int) -> np.random.Philox:
    return np.random.Philox(key=np.array([seed % _WORD, counter % _WORD], np.uint64))


def _hash(numbers: _Words) -> _Words:
    """Words whose every bit depends on all bits of the given ones (the finalizer of SplitMix64, Steele et al. 2014)."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _ceil_sqrt(number: int) -> int:
    """The least whole number whose square is at least `number`, which is 1 or more."""
    return isqrt(number - 1) + 1
