"""What are the lowest and the highest of any stretch of a million values? Two levels: values, and blocks of them.

Values are only appended, or forgotten from some place on; either costs what changes, not what is there. A column that
somebody else keeps is looked at where it is.
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
        self._values: Values = np.empty(0)
        self._room: Values = np.empty(0)
        self._blocks: NDArray[np.float64] = np.empty((2, FIRST_ROOM // BLOCK))
        self._known = 0
        self._broken = False
        self._lowest: float | None = None

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self._values)

    @property
    def values(self) -> Values:
        """All of them, [size]; not to be written to."""
        return self._values

    @property
    def is_broken(self) -> bool:
        """Whether a value is none, or one was that is forgotten now."""
        return self._broken

    def keep(self, size: int) -> None:
        """Forget all values behind the first `size`."""
        self._lowest = None
        self._values = self._values[:size]
        self._known = min(self._known, self.size // BLOCK)

    def follow(self, column: Values) -> None:
        """Have a column that begins with the values there are; it is kept as it is, and must not change."""
        self._lowest = None
        self._broken = self._broken or bool(np.isnan(column[self.size :].min(initial=np.inf)))
        self._values, end = column, len(column) // BLOCK
        self._make_room(end)
        begin, self._known = self._known, end
        blocks = column[begin * BLOCK : end * BLOCK].reshape(-1, BLOCK)
        np.fmin.reduce(blocks, axis=1, out=self._blocks[0, begin:end])
        np.fmax.reduce(blocks, axis=1, out=self._blocks[1, begin:end])

    def append(self, values: Values) -> None:
        """Further values, which are copied."""
        begin, end = self.size, self.size + len(values)
        if end > len(self._room) or self._values.base is not self._room:
            room = np.empty(max(FIRST_ROOM, end + end // 8))  # what is not filled takes no memory
            room[:begin] = self._values
            self._room = room
        self._room[begin:end] = values
        self.follow(self._room[:end])

    def between(self, edges: Places) -> tuple[Values, Values]:
        """The lowest and the highest of values[edges[i]:edges[i + 1]] for each i, NaN where there is none.

        `edges`, [n + 1], ascend.
        """
        first, last = edges[:-1], edges[1:]
        begin, end = -(-first // BLOCK), last // BLOCK
        lows, highs = _folded_along(self._blocks[0], self._blocks[1], begin, end)
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
        rows, offsets = np.arange(BLOCK)[:, np.newaxis], edges % BLOCK
        blocks, before = np.ascontiguousarray(self._gathered(edges // BLOCK).T), rows < offsets  # [BLOCK, n + 1]
        heads, tails = np.where(before, np.nan, blocks)[:, :-1], np.where(before, blocks, np.nan)[:, 1:]
        heads[:, offsets[:-1] == 0] = np.nan  # a whole block
        return np.fmin(np.fmin.reduce(heads), np.fmin.reduce(tails)), np.fmax(
            np.fmax.reduce(heads), np.fmax.reduce(tails)
        )

    def _gathered(self, blocks: Places) -> Values:
        """The values of blocks, [n, BLOCK]; the last block may not be whole."""
        whole = self._known * BLOCK
        if not whole:
            found = np.empty((len(blocks), BLOCK))
        else:
            found = self._values[:whole].reshape(-1, BLOCK).take(np.minimum(blocks, self._known - 1), axis=0)
        last = np.full(BLOCK, np.nan)
        last[: self.size - whole] = self._values[whole:]
        found[blocks >= self._known] = last
        return found

    def lowest(self) -> float:
        """The lowest of all values; NaN if there is none."""
        if self._lowest is None:
            tail = np.fmin.reduce(self._values[self._known * BLOCK :], initial=np.nan)
            self._lowest = float(np.fmin.reduce(self._blocks[0, : self._known], initial=tail))
        return self._lowest

    def _make_room(self, blocks: int) -> None:
        if blocks > self._blocks.shape[1]:
            made = np.empty((2, max(blocks, 2 * self._blocks.shape[1])))
            made[:, : self._known] = self._blocks[:, : self._known]
            self._blocks = made


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
