"""What is there to be painted of some runs on a plot of a given size? Their axes, and their lines by pixel columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor, log10
from time import perf_counter
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from app.widgets.chart_axis import nice_step
from app.widgets.extremes import Values
from app.widgets.run_data import RunData
from app.widgets.run_extent import Extent
from app.widgets.run_line import RunLine, Smoothing
from app.widgets.run_pixels import Columned, columned, edges_of
from app.widgets.run_places import RunPlaces, searched

OUTLIERS: Final = (0.02, 0.98)
"""Beyond these shares of a line's columns, a value must not squash the others."""
FENCE: Final = 0.5
"""How far beyond them the axis goes, as a share of the distance between them."""
RISE: Final = 0.25
"""How much further the axis goes for a run that diverged, as a share of what the others take of it."""
WIDE: Final = 0.1
"""A rise that takes more of the width than this is shown up to its end: it is what is looked at."""
PAD: Final = 0.05
ROOM_TO_GROW: Final = 200
"""While runs go on, the axis grows by such a part of it, so that other lines stay where they are most of the time."""
_ROUND: Final = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
LEAST_SPAN: Final = 1e-3
"""The shortest an axis of values is, as a share of them."""


@dataclass(frozen=True)
class Options:
    """How runs are drawn. `from_start`: up to the value at the start, or else as far as most of the values go.

    A plot that is `small` ends at round values, of which 0 is one where the values are not far above it.
    """

    log_x: bool = False
    log_y: bool = False
    from_start: bool = True
    small: bool = False


@dataclass(frozen=True)
class Shown:
    """A run's lines by pixel columns; the main one is the smoothed line, or the raw one where nothing is smoothed."""

    line: RunLine
    raw: Columned
    main: Columned

    @property
    def data(self) -> RunData:
        """What is drawn."""
        return self.line.data


@dataclass(frozen=True)
class Frame:
    """Runs on a plot: pixels, axes and lines, those in front last; `unplaced` rows have no place on an axis."""

    plot: QRectF
    x: Extent
    y: Extent
    shown: tuple[Shown, ...]
    unplaced: int = 0

    def x_of(self, value: float) -> float:
        """The pixel of a place on the axis."""
        return self.plot.left() + self.x.share(value) * self.plot.width()

    def y_of(self, value: float) -> float:
        """The pixel of a value."""
        return self.plot.bottom() - self.y.share(value) * self.plot.height()

    def point(self, x: float, y: float) -> QPointF:
        """The pixel of both, at most a plot's height outside of it."""
        height = self.plot.height()
        return QPointF(self.x_of(x), min(max(self.y_of(y), self.plot.top() - height), self.plot.bottom() + height))


class Scene:
    """Runs, and which part of the axis is looked at; `frame` puts them on a plot."""

    def __init__(self, smoothing: Smoothing) -> None:
        self.lines: tuple[RunLine, ...] = ()
        self.options = Options()
        self.zoom: tuple[float, float] | None = None
        self._smoothing = smoothing
        self._columned: dict[int, tuple[object, Shown]] = {}

    def take(self, runs: Sequence[RunData], weight: float) -> bool:
        """Have these runs, the current one in front; whether anything is to be drawn otherwise."""
        known = {line.data.key: line for line in self.lines}
        lines, changed = [], False
        for data in sorted(runs, key=lambda run: run.current):
            line = known.get(data.key)
            if line is None:
                line, changed = RunLine(data, self._smoothing), True
                line.smooth_by(weight)
            else:
                changed = _looks(line.data) != _looks(data) or changed
                changed = line.take(data) or changed
            lines.append(line)
        changed = changed or tuple(lines) != self.lines
        for line in self.lines:
            if line not in lines:
                line.leave()
        self.lines = tuple(lines)
        return changed

    @property
    def current(self) -> RunLine | None:
        """The run in front, if it has rows; or else the last one that has."""
        return next((line for line in reversed(self.lines) if len(line.data.x)), None)

    def full_x(self) -> Extent:
        """The axis with all rows of all runs, from 0 on where it is linear."""
        ends = [float(data.x[-1]) for data in self._data() if len(data.x)]
        ends += [float(data.check_x[-1]) for data in self._data() if len(data.check_x)]
        if not self.options.log_x:
            end = max(ends, default=1.0) or 1.0
            grain = nice_step(end, ROOM_TO_GROW) if any(data.live for data in self._data()) else 0.0
            return Extent(0.0, -floor(-end / grain + 1e-9) * grain if grain else end)
        begins = [float(x[place]) for x, place in self._first_positive() if place < len(x)]
        low, high = min(begins, default=1.0), max(ends, default=10.0)
        return Extent(low, high if high > low else 10 * low, True)

    def x_extent(self) -> Extent:
        """The axis as it is looked at."""
        full = self.full_x()
        if self.zoom is None or self.zoom[1] <= full.low or self.zoom[0] >= full.high:
            return full
        return Extent(max(self.zoom[0], full.low), self.zoom[1], full.logarithmic)

    def prepare(self, plot: QRectF, until: float) -> bool:
        """Look through lines until a time of `perf_counter`, one at least; whether no line is left for `frame`."""
        x = self.x_extent()
        for line in self.lines:
            if perf_counter() >= until:
                return False
            self._shown(line, x, max(1, round(plot.width())))
        return True

    def frame(self, plot: QRectF) -> Frame:
        """The runs on a plot of this size and place."""
        x = self.x_extent()
        shown = tuple(self._shown(line, x, max(1, round(plot.width()))) for line in self.lines)
        return Frame(plot, x, self._y_extent(shown, x), shown, self._unplaced())

    def _data(self) -> Iterator[RunData]:
        return (line.data for line in self.lines)

    def _first_positive(self) -> Iterator[tuple[RunPlaces | Values, int]]:
        return ((data.x, int(searched(data.x, np.zeros(1), "right")[0])) for data in self._data())

    def _unplaced(self) -> int:
        """Rows that are not above 0 on a logarithmic axis."""
        found = sum(place for _x, place in self._first_positive()) if self.options.log_x else 0
        if self.options.log_y:
            bare = (line for line in self.lines if line.raw.lowest() <= 0)
            found += sum(int(np.count_nonzero(line.data.y <= 0)) for line in bare)
        return found

    def _shown(self, line: RunLine, x: Extent, columns: int) -> Shown:
        """A line by columns, kept while it is drawn the same."""
        key = (line.version, x, columns)
        kept = self._columned.get(id(line))
        if kept is not None and kept[0] == key and kept[1].line is line:
            return kept[1]
        edges = edges_of(line.data.x, x, columns)
        raw = columned(line.raw, edges)
        made = Shown(line, raw, raw if line.smooth is None else columned(line.main, edges))
        self._columned = {id(other): self._columned[id(other)] for other in self.lines if id(other) in self._columned}
        self._columned[id(line)] = (key, made)
        return made

    def _y_extent(self, shown: Sequence[Shown], x: Extent) -> Extent:
        if self.options.from_start:
            found = np.array([bound for one in shown for bound in self._from_start(one, x)])
        else:
            lows = [self._placed(one.main.lows) for one in shown]
            highs = [self._placed(one.main.highs) for one in shown]
            found = np.concatenate([*(_fenced(np.concatenate(ends)) for ends in (lows, highs) if ends), np.zeros(0)])
        found = found[np.isfinite(found)]
        if not len(found):
            return Extent(1.0, 10.0, True) if self.options.log_y else Extent(0.0, 1.0)
        made = _rounded(float(found.min()), float(found.max()), self.options)
        return self._with_rises(made, shown) if self.options.from_start else made

    def _from_start(self, shown: Shown, x: Extent) -> tuple[float, float]:
        """The lowest value of a run, and the highest of its start and of where it went on to; not where it went wrong.

        Of a part of the axis that is looked at closely all is shown.
        """
        data = shown.data
        lows, highs = self._placed(shown.raw.lows), self._placed(shown.main.highs)
        checks = self._placed(data.check_y[(data.check_x >= x.low) & (data.check_x <= x.high)])
        most = _fenced(highs)[1:] if self.zoom is None else self._placed(shown.raw.highs)
        usual = highs[:1] if data.ended else np.concatenate([highs[:1], most, checks])
        usual = usual[usual <= data.bound] if self.zoom is None else usual
        every = np.concatenate([lows, checks])
        return (float(every.min()) if len(every) else np.nan, float(usual.max()) if len(usual) else np.nan)

    def _with_rises(self, extent: Extent, shown: Sequence[Shown]) -> Extent:
        """The axis with room for runs that diverged or blew up: to their highest, beside others no more than `RISE`.

        Their lines then leave through the top, where it is crossed out, and the others keep most of the plot.
        """
        wrong = [one for one in shown if _goes_off(one)]
        above = [places for one in wrong if len(places := np.flatnonzero(one.main.highs > extent.high))]
        if not above:
            return extent
        top = max(_highest(one) for one in wrong)
        alone = all(_goes_off(one) or not np.isfinite(one.main.highs).any() for one in shown)
        in_bounds = all(_highest(one) <= one.data.bound for one in wrong)
        wide = in_bounds and max(int(places[-1] - places[0]) for places in above) > WIDE * len(wrong[0].main.highs)
        bound = top if alone or wide else min(top, extent.value(1 + RISE))
        return replace(extent, high=extent.part(0, extent.share(bound) * (1 + PAD)).high)

    def _placed(self, values: Values) -> Values:
        """Those that have a place on the axis."""
        return values[np.isfinite(values) & (values > 0)] if self.options.log_y else values[np.isfinite(values)]


def _looks(data: RunData) -> tuple[object, ...]:
    """What is drawn of a run beside its line."""
    said = (data.name, data.mark, data.pins, data.ended, data.live, data.current, data.bare, data.bound, data.blown)
    return (*said, data.check_x.tobytes())


def _highest(shown: Shown) -> float:
    """The highest value of what is seen of a line; 0 where there is none."""
    return float(np.fmax.reduce(shown.main.highs, initial=0.0))


def _goes_off(shown: Shown) -> bool:
    """Whether a run diverged, or has values that others are not to be squashed by."""
    return bool(shown.data.ended) or _highest(shown) > shown.data.bound


def _fenced(values: Values) -> Values:
    """The lowest and highest of values without those far away from nearly all others, [2]; none of none."""
    if not len(values):
        return values
    low, high = np.quantile(values, OUTLIERS)
    room = FENCE * (high - low)
    return np.array([max(values.min(), low - room), min(values.max(), high + room)])


def _rounded(low: float, high: float, options: Options) -> Extent:
    """An axis that holds all from `low` to `high`, with some room; a small one ends at round values."""
    if options.log_y:
        high = max(high, low * (1 + LEAST_SPAN))
        room = (high / low) ** PAD
        top = next(step for step in _ROUND if step * (power := 10.0 ** floor(log10(high))) >= high * (1 - 1e-9)) * power
        return Extent(low / room, top if top < high * room**2 else high * room**0.4, True)
    least = max(abs(high), abs(low)) * LEAST_SPAN or 1.0
    if high - low < least:
        low, high = (0.0 if low >= 0 and options.small else low - least), high + least
    if options.small:
        return _round_ends(low, high)
    step = nice_step(high - low, 5)
    top = -floor(-high / step + 1e-9) * step
    room = PAD * (high - low)
    return Extent(max(0.0, low - room) if low >= 0 else low - room, top if top < high + 2 * room else high + room / 3)


def _round_ends(low: float, high: float) -> Extent:
    if 0 <= low < 0.5 * high:
        low = 0.0
    step = nice_step(high - low, 4)
    begin = floor(low / step + 1e-9) * step
    return Extent(begin, begin + step * max(1, -floor(-(high - begin) / step + 1e-9)))
