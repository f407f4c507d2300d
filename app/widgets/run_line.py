"""How does a run's line follow what is appended to it? Only what is new is taken over, and smoothed in slices."""

from collections.abc import Callable
from math import ceil, log
from time import perf_counter
from typing import Final

import numpy as np

from app.widgets.extremes import Extremes, Values
from app.widgets.run_data import RunData

Smoothing = Callable[[Values, float], Values]
"""Gives the debiased moving average of values, [n] -> [n], for a weight from 0 to below 1; NaN are passed over."""

SLICE: Final = 1 << 15
"""Rows that are smoothed at a time: well below the time that the window may be kept."""
LOADED: Final = 1 << 18
"""Rows that are taken over at a time, where there are many."""
NEGLIGIBLE: Final = 1e-9
"""The share of a smoothed value that rows before those looked at would have had."""


class RunLine:
    """A run's values with their extremes, and the smoothed ones. What is more than a few rows is left to `work`.

    When the weight changes, the old smoothed line stays until the new one is whole.
    """

    def __init__(self, data: RunData, smoothing: Smoothing) -> None:
        self.data = data
        self.raw = Extremes()
        self.version = 0
        self._smoothing = smoothing
        self._weight = 0.0
        self._smooth, self._coming = Extremes(), Extremes()
        self._changing = False
        self._load(SLICE)

    @property
    def smooth(self) -> Extremes | None:
        """The smoothed values as far as they are known; None where nothing is smoothed."""
        return self._smooth if self._weight or self._changing else None

    @property
    def main(self) -> Extremes:
        """The line that is read: the smoothed one, or the raw one where nothing is smoothed."""
        return self.raw if self.smooth is None else self._smooth

    @property
    def is_behind(self) -> bool:
        """Whether `work` has something to do."""
        smoothed = self._weight == 0 or self._smooth.size == len(self.data.y)
        return self._changing or self.raw.size < len(self.data.y) or not smoothed

    def take(self, data: RunData) -> bool:
        """Have other data of the same run; whether its values changed. What they begin with in common is kept."""
        old, self.data = self.data, data
        if data.y is old.y and data.x is old.x:
            return False
        self.version += 1
        if data.y is not old.y:
            same = common(self.raw.values, data.y)
            for kept in (self.raw, self._smooth, self._coming):
                kept.keep(same)
            self._load(SLICE)
        return True

    def _load(self, rows: int) -> None:
        """Take over so many rows more."""
        self.raw.append(self.data.y[self.raw.size : self.raw.size + rows])

    def smooth_by(self, weight: float) -> None:
        """Smooth with another weight; 0 is not at all."""
        if weight == self._weight:
            return
        self._weight = weight
        self._coming = Extremes()
        self._changing = weight > 0 and self._smooth.size > 0
        if not weight:
            self._smooth = Extremes()
        self.version += 1

    def work(self, until: float) -> bool:
        """Take over and smooth rows until a time of `perf_counter` or to the end; whether it came to the end."""
        worked = False
        while self.is_behind and (not worked or perf_counter() < until):
            worked = True
            if self.raw.size < len(self.data.y):
                self._load(LOADED)
            else:
                self._smooth_on()
            if not self._changing:
                self.version += 1
        return worked and not self.is_behind

    def _smooth_on(self) -> None:
        """A slice more; the new line takes the old one's place when it is whole."""
        coming = self._coming if self._changing else self._smooth
        if coming.size < self.raw.size:
            coming.append(self._next(coming.size))
        if self._changing and coming.size == self.raw.size:
            self._smooth, self._coming, self._changing = coming, Extremes(), False

    def _next(self, begin: int) -> Values:
        """The smoothed values of a slice, from those rows before it that count."""
        end = min(self.raw.size, begin + SLICE)
        before = self._back(begin)
        return self._smoothing(self.raw.values[before:end], self._weight)[begin - before :]

    def _back(self, begin: int) -> int:
        """The row from which on others count for `begin`: so many numbers before it that older ones hardly weigh."""
        wanted = ceil(log(NEGLIGIBLE) / log(self._weight))
        back = wanted
        while back < begin and np.count_nonzero(np.isfinite(self.raw.values[begin - back : begin])) < wanted:
            back *= 2
        return max(0, begin - back)


def common(old: Values, new: Values) -> int:
    """How many values two columns begin with in common, bit by bit, so that NaN is NaN."""
    size = min(len(old), len(new))
    one, other = (np.ascontiguousarray(values[:size], np.float64).view(np.int64) for values in (old, new))
    if np.array_equal(one, other):
        return size
    return int(np.argmax(one != other))
