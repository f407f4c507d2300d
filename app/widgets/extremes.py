"""What are the lowest and the highest of any stretch of a million values? Two levels: values, and blocks of them.

Values are only appended, or forgotten from some place on; either costs what changes, not what is there.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Places = NDArray[np.int64]

BLOCK: Final = 32
"""Values in a block: with a thousand pixel columns, their two cut blocks are then as much work as the whole ones."""
FIRST_ROOM: Final = 1024


class Extremes:
    """A column of values, NaN where there is none, with the lowest and highest of each whole block."""

    def __init__(self) -> None:
        self._values: Values = np.empty(FIRST_ROOM)
        self._lows: Values = np.empty(FIRST_ROOM // BLOCK)
        self._highs: Values = np.empty(FIRST_ROOM // BLOCK)
        self._size = 0

    @property
    def size(self) -> int:
        """How many values there are."""
        return self._size

    @property
    def values(self) -> Values:
        """All of them, [size]; not to be written to."""
        return self._values[: self._size]

    def keep(self, size: int) -> None:
        """Forget all values behind the first `size`."""
        self._size = min(self._size, size)

    def append(self, values: Values) -> None:
        """Further values."""
        begin, size = self._size // BLOCK, self._size + len(values)
        self._make_room(size)
        self._values[self._size : size] = values
        self._size, end = size, size // BLOCK
        blocks = self._values[begin * BLOCK : end * BLOCK].reshape(-1, BLOCK)
        np.fmin.reduce(blocks, axis=1, out=self._lows[begin:end])
        np.fmax.reduce(blocks, axis=1, out=self._highs[begin:end])

    def between(self, edges: Places) -> tuple[Values, Values]:
        """The lowest and the highest of values[edges[i]:edges[i + 1]] for each i, NaN where there is none.

        `edges`, [n + 1], ascend.
        """
        first, last = edges[:-1], edges[1:]
        begin, end = -(-first // BLOCK), last // BLOCK
        whole = begin < end
        parts = [
            _folded(self._values, self._values, first, np.where(whole, begin * BLOCK, last)),
            _folded(self._lows, self._highs, begin, np.where(whole, end, begin)),
            _folded(self._values, self._values, np.where(whole, end * BLOCK, last), last),
        ]
        lows, highs = zip(*parts, strict=True)
        return np.fmin.reduce(lows), np.fmax.reduce(highs)

    def _make_room(self, size: int) -> None:
        if size > len(self._values):
            room = max(size, 2 * len(self._values))
            room += -room % BLOCK
            self._values = _grown(self._values, self._size, room)
            self._lows = _grown(self._lows, self._size // BLOCK, room // BLOCK)
            self._highs = _grown(self._highs, self._size // BLOCK, room // BLOCK)


def _grown(values: Values, used: int, room: int) -> Values:
    made = np.empty(room)
    made[:used] = values[:used]
    return made


def _folded(lows: Values, highs: Values, starts: Places, stops: Places) -> tuple[Values, Values]:
    """The lowest of lows[start:stop] and the highest of highs[start:stop] for each pair."""
    found = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    there = stops > starts
    if there.any():
        lengths = (stops - starts)[there]
        offsets = np.cumsum(lengths) - lengths
        places = np.repeat(starts[there] - offsets, lengths) + np.arange(lengths.sum())
        found[0][there] = np.fmin.reduceat(lows[places], offsets)
        found[1][there] = np.fmax.reduceat(highs[places], offsets)
    return found
