"""Where does a value stand on a logarithmic axis, and where are its ticks? At true values: powers, and the ends."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log, log2, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray

from app.widgets.chart_axis import Tick
from lmcore import figures

Values = NDArray[np.float64]
STEPS: Final = (1, 2, 3, 4, 6, 8, 12)
"""How many doublings may lie between two ticks of an axis of counts."""
TICK_ROOM: Final = 88.0
LINE_ROOM: Final = 30.0
GRAIN: Final = 6
"""Counts that a marker may take are this many doublings finer than their power of two: at 16,384 every 256."""


@dataclass(frozen=True)
class LogAxis:
    """From `low` to `high`, both positive. A share of the axis is 0 at `low` and 1 at `high`."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """How far along the axis a positive value stands; outside of it below 0 or above 1."""
        return log(value / self.low) / log(self.high / self.low)

    def shares(self, values: Values) -> Values:
        """The same of many values, [n] -> [n]; what is not positive stands at minus infinity."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log(values / self.low) / log(self.high / self.low), dtype=np.float64)

    def value(self, share: float) -> float:
        """The value at a share of the axis, never outside of it."""
        return float(self.low * (self.high / self.low) ** min(1.0, max(0.0, share)))


def doubling_ticks(axis: LogAxis, width: float) -> tuple[Tick, ...]:
    """Ticks of an axis of counts between two powers of two, on `width` pixels; both ends are among them.

    Neighbours are the same number of doublings apart, as few as leave room for the labels:
    256, 1,024, 4,096 ... 1,048,576.
    """
    first, last = round(log2(axis.low)), round(log2(axis.high))
    most = max(1, int(width / TICK_ROOM))
    step = next((step for step in STEPS if (last - first) / step <= most), last - first)
    powers = [*range(first, last - step // 2, step), last]
    return tuple(Tick(2**power, figures.count(2**power)) for power in powers)


def decade_ticks(axis: LogAxis, height: float, written: Callable[[float], str]) -> tuple[Tick, ...]:
    """Powers of ten on an axis `height` pixels high, the same number of powers apart."""
    powers = range(ceil(log10(axis.low) - 1e-9), floor(log10(axis.high) + 1e-9) + 1)
    most = max(2, int(height / LINE_ROOM))
    step = max(1, ceil(len(powers) / most))
    return tuple(Tick(10.0**power, written(10.0**power)) for power in powers[::step])


def around(low: float, high: float) -> LogAxis:
    """The axis of curves that run from `low` to `high`: to the next of 1, 2, 5, 10 ... on both sides."""
    least, most = _nice(low, upwards=False), _nice(high, upwards=True)
    return LogAxis(least, most if most > least else 10 * least)


def grain(count: int) -> int:
    """The step between counts that a marker takes near `count`: grain(16_384) -> 256, grain(100) -> 1."""
    return int(2 ** max(0, count.bit_length() - 1 - GRAIN))


def _nice(value: float, *, upwards: bool) -> float:
    """The nearest of 1, 2, 5 times a power of ten that is not below (or not above) a positive value."""
    power = 10.0 ** floor(log10(value) + 1e-12)
    steps = [power, 2 * power, 5 * power, 10 * power]
    if upwards:
        return next(step for step in steps if step >= value * (1 - 1e-9))
    return next(step for step in reversed(steps) if step <= value * (1 + 1e-9))
