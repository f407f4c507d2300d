"""Which pixels does a line of any number of rows cover? Of each column of pixels the lowest and the highest value."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.widgets.extremes import Extremes, Places, Values
from app.widgets.run_extent import Extent
from app.widgets.run_places import RunPlaces, searched

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Columned:
    """Rows by pixel columns: those of column i are edges[i] to edges[i + 1]; its lowest and highest value, or NaN.

    `edges` is [columns + 1], `lows` and `highs` are [columns]. Nothing leads to a column that is `broken`, [columns].
    """

    edges: Places
    lows: Values
    highs: Values
    broken: Flags

    @property
    def rows(self) -> int:
        """How many rows there are in all columns."""
        return int(self.edges[-1] - self.edges[0])


def edges_of(x: RunPlaces | Values, extent: Extent, columns: int) -> Places:
    """The rows at which columns begin, and the one behind the last column, [columns + 1]; `x` never falls."""
    edges = searched(x, extent.edges(columns), "left")
    edges[-1:] = searched(x, np.array([extent.high]), "right")
    return edges


def columned(line: Extremes, edges: Places) -> Columned:
    """A line's rows by columns; of `edges` those that the line has rows for."""
    known = np.minimum(edges, line.size)
    broken = _broken(known, line.values) if line.is_broken else np.zeros(len(edges) - 1, np.bool_)
    return Columned(known, *line.between(known), broken)


def spans(shown: Columned, extent: Extent, height: float) -> tuple[Values, Values]:
    """The upper and the lower end of what a line covers of each column, in pixels from the top, NaN where nothing.

    A column without rows lies between its neighbours; rows without a value break the line.
    """
    tops = (1 - extent.shares(shown.highs)) * height
    bottoms = (1 - extent.shares(shown.lows)) * height
    tops, bottoms = (np.clip(ends, -height, 2 * height) for ends in (tops, bottoms))
    _bridge(shown, tops, bottoms)
    _join(tops, bottoms, shown.broken)
    return tops, bottoms


def _broken(edges: Places, line: Values) -> Flags:
    """Whether a column has no value at all or begins with none, so that nothing leads to it, [columns]."""
    first, last = edges[:-1], edges[1:]
    there = last > first
    missing = np.zeros(len(first), np.bool_)
    if there.any():
        starts = np.isnan(line[first[there]])
        before = first[there] > edges[0]
        starts |= before & np.isnan(line[np.maximum(first[there] - 1, 0)])
        missing[there] = starts
    return missing


def _bridge(shown: Columned, tops: Values, bottoms: Values) -> None:
    """Give columns without rows a place between the next ones with values on both sides, unless the line is broken."""
    empty = shown.edges[1:] == shown.edges[:-1]
    known = np.flatnonzero(np.isfinite(tops) & ~empty)
    if len(known) < 2 or not empty.any():
        return
    places = np.flatnonzero(empty)
    places = places[(places > known[0]) & (places < known[-1])]
    middle = (tops + bottoms) / 2
    after = np.searchsorted(known, places)
    gaps = np.cumsum(shown.broken)
    whole = gaps[known[after]] == gaps[known[after - 1]]
    between = np.interp(places, known, middle[known])
    tops[places[whole]] = bottoms[places[whole]] = between[whole]


def _join(tops: Values, bottoms: Values, broken: Flags) -> None:
    """Let neighbours that do not touch meet in the middle between them."""
    for upper, lower in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
        middle = (bottoms[upper] + tops[lower]) / 2
        apart = (bottoms[upper] < tops[lower]) & ~broken[1:]
        bottoms[upper] = np.where(apart, middle, bottoms[upper])
        tops[lower] = np.where(apart, middle, tops[lower])
