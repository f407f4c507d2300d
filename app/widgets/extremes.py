"""What are the lowest and the highest of any stretch of a million values? Two levels: values, and blocks of them.

Values are only appended, or forgotten from some place on; either costs what changes, not what is there.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Places = NDArray[np.int64]

BLOCK: Final = 16
"""Values in a block. Of a million on a thousand pixel columns, all blocks are then as quickly looked through as the two
of each column that its edges cut."""
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
        lows, highs = _folded_along(self._lows, self._highs, begin, end)
        for fold, found, cut in zip((np.fmin, np.fmax), (lows, highs), self._cut(edges), strict=True):
            fold(found, cut, out=found)
        within = end < begin
        lows[within] = highs[within] = np.nan
        within &= first < last
        if within.any():
            lows[within], highs[within] = _folded(self._values, first[within], last[within])
        return lows, highs

    def _cut(self, edges: Places) -> tuple[Values, Values]:
        """The extremes of what each stretch has of the two blocks that its edges cut, if these are not the same."""
        table, offsets = self._values.reshape(-1, BLOCK), edges % BLOCK
        blocks = np.ascontiguousarray(table[np.minimum(edges // BLOCK, len(table) - 1)].T)  # [BLOCK, n + 1]
        before = np.arange(BLOCK)[:, np.newaxis] < offsets
        heads, tails = np.where(before, np.nan, blocks)[:, :-1], np.where(before, blocks, np.nan)[:, 1:]
        heads[:, offsets[:-1] == 0] = np.nan  # a whole block
        return np.fmin(np.fmin.reduce(heads), np.fmin.reduce(tails)), np.fmax(
            np.fmax.reduce(heads), np.fmax.reduce(tails)
        )

    def lowest(self) -> float:
        """The lowest of all values; NaN if there is none."""
        if not self._size:
            return float("nan")
        blocks = self._size // BLOCK
        tail = np.fmin.reduce(self._values[blocks * BLOCK : self._size], initial=np.nan)
        return float(np.fmin.reduce(self._lows[:blocks], initial=tail))

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


def _folded(values: Values, starts: Places, stops: Places) -> tuple[Values, Values]:
    """The lowest and the highest of values[start:stop] for each pair, none of which is empty."""
    lengths = stops - starts
    offsets = np.cumsum(lengths) - lengths
    gathered = values[np.repeat(starts - offsets, lengths) + np.arange(lengths.sum())]
    return np.fmin.reduceat(gathered, offsets), np.fmax.reduceat(gathered, offsets)


def _folded_along(lows: Values, highs: Values, starts: Places, stops: Places) -> tuple[Values, Values]:
    """The lowest of lows[start:stop] and the highest of highs[start:stop] for each pair, NaN where that is empty.

    The stretches ascend, and little lies between them, so that what they hold needs not be gathered.
    """
    found = np.full(len(starts), np.nan), np.full(len(starts), np.nan)
    there = stops > starts
    if there.any():
        places = np.stack([starts[there], stops[there]], axis=1).ravel()
        for fold, values, result in ((np.fmin, lows, found[0]), (np.fmax, highs, found[1])):
            result[there] = fold.reduceat(values[: places[-1]], places[:-1])[::2]
    return found
