"""Where does a value stand on an axis, linear or logarithmic, and which true values are its ticks?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log, log10
from typing import Final

import numpy as np

from app.widgets.chart_axis import Tick, nice_step
from app.widgets.extremes import Values
from lmcore import figures

LINEAR: Final = 10.0
"""Up to this ratio of its ends, a logarithmic axis may have ticks at equal steps, where it has more of these."""
MANTISSAS: Final = ((1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0), (1.0, 1.5, 2.0, 3.0, 5.0), (1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
"""Ticks within a decade, from many to few."""
HALF_A_DAY: Final = 43_200
CLOCK: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, HALF_A_DAY)
"""Steps of an axis of time, in seconds; beyond them come days."""
DAY: Final = 86_400

Written = Callable[[float], str]


@dataclass(frozen=True)
class Extent:
    """From `low` to `high`, which is above it; both positive where it is logarithmic."""

    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along a value stands: 0 at `low`, 1 at `high`. A value without a place is at minus infinity."""
        return float(self.shares(np.array([value]))[0])

    def shares(self, values: Values) -> Values:
        """The same of many, [n] -> [n]; NaN stays NaN."""
        if not self.logarithmic:
            return (values - self.low) / (self.high - self.low)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.log(values / self.low) / log(self.high / self.low)
        return np.where(values <= 0, -np.inf, shares)

    def value(self, share: float) -> float:
        """The value at a share of the axis."""
        if self.logarithmic:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + share * (self.high - self.low)

    def edges(self, number: int) -> Values:
        """The values between `number` equal stretches of the axis, with both ends, [number + 1]."""
        if self.logarithmic:
            return np.geomspace(self.low, self.high, number + 1)
        return np.linspace(self.low, self.high, number + 1)

    def part(self, begin: float, end: float) -> "Extent":
        """From one share of it to another."""
        return Extent(self.value(begin), self.value(end), self.logarithmic)


def value_ticks(extent: Extent, room: float, gap: float, written: Written, *, clock: bool = False) -> tuple[Tick, ...]:
    """Round values on an axis of `room` pixels, neighbours at least some `gap` apart; of time, if `clock`."""
    most = max(1, int(room / gap))
    values = _steps(extent, most, clock)
    if extent.logarithmic and (powers := _log_values(extent, room, gap)):
        even = _even_steps(extent, room, gap) if extent.high <= LINEAR * extent.low and not clock else []
        values = even if len(even) > len(powers) else powers
    return tuple(Tick(value, written(value)) for value in _apart(values, extent, room, gap * 0.75))


def _log_values(extent: Extent, room: float, gap: float) -> list[float]:
    """The most powers of ten and multiples of them that have room; none where there would be fewer than two."""
    powers = range(floor(log10(extent.low)), ceil(log10(extent.high)) + 1)
    for mantissas in MANTISSAS:
        values = [mantissa * 10.0**power for power in powers for mantissa in mantissas]
        values = [value for value in values if 0 <= extent.share(value) <= 1 + 1e-9]
        shares = [extent.share(value) * room for value in values]
        if all(b - a >= gap for a, b in pairwise(shares)):
            return values if len(values) > 1 else []
    step = ceil((len(powers) - 1) * gap / room)
    return [10.0**power for power in powers if power % max(1, step) == 0 and 0 <= extent.share(10.0**power) <= 1]


def _steps(extent: Extent, most: int, clock: bool) -> list[float]:
    """Multiples of a round step."""
    span = extent.high - extent.low
    step = _clock_step(span / most) if clock else nice_step(span, most)
    first = ceil(extent.low / step - 1e-9)
    return [number * step for number in range(first, floor(extent.high / step + 1e-9) + 1)]


def _even_steps(extent: Extent, room: float, gap: float) -> list[float]:
    """The most multiples of a round step that have room on a logarithmic axis, where they are nearest at its end."""
    for most in range(max(1, int(room / gap)), 0, -1):
        values = _steps(extent, most, clock=False)
        shares = [extent.share(value) * room for value in values]
        if all(b - a >= gap * 0.75 for a, b in pairwise(shares)):
            return values
    return []


def _clock_step(least: float) -> float:
    if least < 1:
        return nice_step(least, 1)
    return float(next((step for step in CLOCK if step >= least), DAY * ceil(least / DAY)))


def _apart(values: Sequence[float], extent: Extent, room: float, gap: float) -> list[float]:
    """Those that do not touch the one before, from the low end."""
    kept: list[float] = []
    for value in values:
        if not kept or (extent.share(value) - extent.share(kept[-1])) * room >= gap:
            kept.append(value)
    return kept


def short_value(value: float) -> str:
    """A value on an axis in a few letters, however large it is: 9.5, 5,000, 1.5e4, 1e6."""
    return plain(value) if abs(value) < 1e4 else scientific(value)


def plain(value: float) -> str:
    """A value on an axis as short as it can be: 1.5, 22,000, 5e-4, 2e15."""
    if value == 0:
        return "0"
    if 1e-2 <= abs(value) < 1e7:
        places = max(0, 3 - floor(log10(abs(value))))
        text = figures.decimal(value, places)
        return text.rstrip("0").rstrip(".") if "." in text else text
    return scientific(value)


def config_number(value: float) -> str:
    """A setting as configs write it: 1e-2, 0.9, 512."""
    return scientific(value) if 0 < abs(value) < 0.1 else plain(value)


def scientific(value: float, digits: int = 3) -> str:
    """With a power of ten, as configs write it: scientific(0.000373) -> "3.73e-4"."""
    mantissa, power = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(power)}".replace("-", figures.MINUS, int(mantissa.startswith("-")))


def short_count(value: float) -> str:
    """A large count on an axis: 5,000, 26 M, 1.5 B."""
    for size, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if abs(value) >= size:
            return f"{plain(float(f'{value / size:.6g}'))} {unit}"
    return figures.count(round(value)) if value == round(value) else plain(value)
