"""Where is a point on the screen, and which point is under the pointer? A curve's points and the scale they are on."""

from dataclasses import dataclass
from math import ceil, log10
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QPointF, QRectF

FIRST_ROOM: Final = 1024

Values = NDArray[np.float64]


class CurvePoints:
    """Values over 0, 1, 2 ...; room is doubled as needed, so that a point costs the same however many there are."""

    def __init__(self, start: float) -> None:
        self.start = start
        self._values: Values = np.full(FIRST_ROOM, start)
        self._counts: Values = np.arange(FIRST_ROOM, dtype=np.float64)
        self._size = 1
        self.highest = start

    @property
    def count(self) -> int:
        """How many points came after the first."""
        return self._size - 1

    @property
    def values(self) -> Values:
        """All values, [count + 1], the first being the start."""
        return self._values[: self._size]

    @property
    def counts(self) -> Values:
        """Where the values stand, [count + 1]: 0, 1, 2 ..."""
        return self._counts[: self._size]

    def append(self, values: ArrayLike) -> None:
        """Further values."""
        new = np.asarray(values, dtype=np.float64)
        size = self._size + len(new)
        if size > len(self._values):
            grown = np.empty(max(size, 2 * len(self._values)))
            grown[: self._size] = self.values
            self._values, self._counts = grown, np.arange(len(grown), dtype=np.float64)
        self._values[self._size : size] = new
        self._size = size
        self.highest = max(self.highest, float(new.max(initial=self.start)))

    def clear(self) -> None:
        """Only the start is left."""
        self._size, self.highest = 1, self.start


@dataclass(frozen=True)
class Scale:
    """A plot's box in pixels, the last count and the lowest and highest value in it."""

    box: QRectF
    last: int
    low: float
    high: float
    logarithmic: bool

    def x(self, count: float) -> float:
        """The pixel of a count; on a logarithmic scale 0 stands where 1 does."""
        share = log10(max(1.0, count)) / self._decades if self.logarithmic else count / self.last
        return self.box.left() + share * self.box.width()

    def y(self, value: float) -> float:
        """The pixel of a value."""
        return self.box.bottom() - (value - self.low) / (self.high - self.low) * self.box.height()

    def point(self, count: int, value: float) -> QPointF:
        """The pixel of a point."""
        return QPointF(self.x(count), self.y(value))

    def count_at(self, x: float) -> int:
        """The count nearest to a pixel."""
        share = min(1.0, max(0.0, (x - self.box.left()) / max(1.0, self.box.width())))
        return round(10 ** (share * self._decades) if self.logarithmic else share * self.last)

    def columns(self, counts: Values) -> NDArray[np.int64]:
        """The pixel columns of many counts (all above 0 on a logarithmic scale)."""
        share = np.log10(counts) / self._decades if self.logarithmic else counts / self.last
        return np.floor(share * self.box.width()).astype(np.int64)

    @property
    def range_x(self) -> tuple[float, float]:
        """The lowest and highest count, as logarithms on a logarithmic scale."""
        return (0.0, self._decades) if self.logarithmic else (0.0, float(self.last))

    @property
    def _decades(self) -> float:
        return log10(max(2, self.last))


def drawn(columns: NDArray[np.int64], values: Values) -> NDArray[np.int64]:
    """Which points a line needs: of each pixel column the first, the lowest, the highest and the last.

    `columns` ascend. The line through these covers the same pixels as the line through all.
    """
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    lengths = np.diff(starts, append=len(columns))
    places = np.arange(len(values))
    kept = [starts, starts + lengths - 1]
    for extremes in (np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)):
        extreme = np.where(values == np.repeat(extremes, lengths), places, -1)
        kept += [np.maximum.reduceat(extreme, starts)]
    return np.unique(np.concatenate(kept))


def round_bound(highest: float, least: float, headroom: float) -> float:
    """A multiple of one half above a value, with some room, and at least `least`."""
    return max(least, ceil((highest + headroom) * 2) / 2)
