"""How does a run's line follow what is appended to it? Few rows are taken over at once, many on a thread of their own.

The values of the line are the run's own column. What is computed of many of them, their extremes and the smoothed line,
is whole when it is taken over; until then the line stays as it was.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from math import ceil, log
from typing import Final

import numpy as np

from app.widgets.extremes import Extremes, Values
from app.widgets.run_data import RunData

Smoothing = Callable[[Values, float], Values]
"""Gives the debiased moving average of values, [n] -> [n], for a weight from 0 to below 1; NaN are passed over."""

FEW: Final = 1 << 15
"""Rows that are taken over and smoothed at once: well below the time that the window may be kept."""
NEGLIGIBLE: Final = 1e-9
"""The share of a smoothed value that rows before those looked at would have had."""


@dataclass(frozen=True)
class Made:
    """What was computed of a column with a weight; nobody else has it."""

    column: Values
    weight: float
    smooth: Extremes
    raw: Extremes | None
    """None where the line had it."""


Aside = Callable[[Callable[[], Made]], "Future[Made]"]
"""Has something computed on another thread."""


class RunLine:
    """A run's values with their extremes, and the smoothed ones. What is more than a few rows is left to `work`.

    When the weight changes, the old smoothed line stays until the new one is whole.
    """

    def __init__(self, data: RunData, smoothing: Smoothing) -> None:
        self.data = data
        self.raw = Extremes()
        self.version = 0
        self._smoothing = smoothing
        self._weight = self._smooth_weight = 0.0
        self._smooth = Extremes()
        self._coming: Future[Made] | None = None
        self._take_few()

    @property
    def smooth(self) -> Extremes | None:
        """The smoothed values as far as they are known; None where nothing is smoothed, or not yet."""
        return self._smooth if self._weight and (self._smooth.size or not self.raw.size) else None

    @property
    def main(self) -> Extremes:
        """The line that is read: the smoothed one, or the raw one where nothing is smoothed."""
        return self.raw if self.smooth is None else self._smooth

    @property
    def is_behind(self) -> bool:
        """Whether `work` has something to do."""
        return self.raw.size < len(self.data.y) or self._lacks_smooth

    @property
    def _lacks_smooth(self) -> bool:
        return self._weight > 0 and (self._weight != self._smooth_weight or self._smooth.size < len(self.data.y))

    def take(self, data: RunData) -> bool:
        """Have other data of the same run; whether its values changed. What they begin with in common is kept."""
        old, self.data = self.data, data
        if data.y is old.y and data.x is old.x:
            return False
        self.version += 1
        if data.y is not old.y:
            same = common(old.y, data.y)
            for kept in (self.raw, self._smooth):
                kept.keep(same)
            self._take_few()
        return True

    def smooth_by(self, weight: float) -> None:
        """Smooth with another weight; 0 is not at all."""
        if weight == self._weight:
            return
        self._weight = weight
        self._forget_coming()
        if not weight:
            self._smooth, self._smooth_weight = Extremes(), 0.0
        self.version += 1
        self._take_few()

    def work(self, aside: Aside) -> bool:
        """Take over what was computed, or have it computed; whether the line is drawn otherwise now."""
        changed = False
        if self._coming is not None and self._coming.done():
            changed = self._take_over(self._coming.result())
            self._coming = None
        if self._coming is None and self.is_behind:
            column, weight, smoothing, whole = self.data.y, self._weight, self._smoothing, self.raw.size
            self._coming = aside(lambda: made_of(column, weight, smoothing, with_raw=whole < len(column)))
        return changed

    def leave(self) -> None:
        """The line is no longer drawn."""
        self._forget_coming()

    def _forget_coming(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None

    def _take_over(self, made: Made) -> bool:
        """Have what was computed, as far as it is of the rows that there are now; whether it is."""
        same, before = common(made.column, self.data.y), self.version
        if made.raw is not None and same > self.raw.size:
            self.raw = made.raw
            self.raw.keep(same)
            self.version += 1
        if made.weight == self._weight and self._lacks_smooth:
            self._smooth, self._smooth_weight = made.smooth, made.weight
            self._smooth.keep(same)
            self.version += 1
        self._take_few()
        return self.version > before

    def _take_few(self) -> None:
        """Take over what is new, if these are few rows."""
        size = len(self.data.y)
        if size - self.raw.size <= FEW:
            self.raw.follow(self.data.y)
        if self._weight != self._smooth_weight and size <= FEW:
            self._smooth, self._smooth_weight = Extremes(), self._weight
        if self._lacks_smooth and self._weight == self._smooth_weight and size - self._smooth.size <= FEW:
            self._smooth.append(self._smoothed_from(self._smooth.size))

    def _smoothed_from(self, begin: int) -> Values:
        """The smoothed values of the last rows, from those rows before them that count."""
        before = self._back(begin)
        return self._smoothing(self.data.y[before:], self._weight)[begin - before :]

    def _back(self, begin: int) -> int:
        """The row from which on others count for `begin`: so many numbers before it that older ones hardly weigh."""
        wanted = ceil(log(NEGLIGIBLE) / log(self._weight))
        back = wanted
        while back < begin and np.count_nonzero(np.isfinite(self.data.y[begin - back : begin])) < wanted:
            back *= 2
        return max(0, begin - back)


def made_of(column: Values, weight: float, smoothing: Smoothing, *, with_raw: bool) -> Made:
    """What a line needs of a column."""
    raw, smooth = Extremes(), Extremes()
    if with_raw:
        raw.follow(column)
    if weight:
        smooth.append(smoothing(column, weight))
    return Made(column, weight, smooth, raw if with_raw else None)


def common(old: Values, new: Values) -> int:
    """How many values two columns begin with in common, bit by bit, so that NaN is NaN; looked at in pieces.

    Views of the same memory do, as far as both reach: a column is only appended to.
    """
    size = min(len(old), len(new))
    if old.ctypes.data == new.ctypes.data and old.strides == new.strides:
        return size
    one, other = (np.ascontiguousarray(values[:size], np.float64).view(np.int64) for values in (old, new))
    for begin in range(0, size, FEW):
        differs = one[begin : begin + FEW] != other[begin : begin + FEW]
        if differs.any():
            return begin + int(np.argmax(differs))
    return size
