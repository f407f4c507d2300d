"""Which rows are meant by a place on the axis, and what do they say? The nearest at or before it; nothing between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from app.widgets.extremes import Values
from app.widgets.run_card import CardRow, CardTable
from app.widgets.run_data import RunData, row_at
from app.widgets.run_line import RunLine
from app.widgets.run_places import RunPlaces
from lmcore import figures

MOST: Final = 24
"""Runs that a card lists: as many as have room beside a chart."""
NEAR: Final = 1.5
"""Pixels by which another run's row has to be nearer than the current run's to be taken instead."""


@dataclass(frozen=True)
class HoverWords:
    """How a card writes: a place on the axis, a value, and the head of the column of values."""

    title: Callable[[float], str]
    written: Callable[[float], str]
    value: str = "train"

    def said(self, value: float) -> str:
        """A value, or that it is none."""
        return self.written(value) if np.isfinite(value) else "no number"


def nearest(lines: Sequence[RunLine], place: float, pixel: float) -> float | None:
    """The row nearest to a place: of the current run, which is the last, unless another's is clearly nearer.

    `pixel` is how much of the axis a pixel is there. None where there are no rows.
    """
    found: float | None = None
    for line in reversed(lines):
        near = _nearest(line.data.x, place)
        if near is not None and (found is None or abs(near - place) + NEAR * pixel < abs(found - place)):
            found = near
    return found


def _nearest(x: RunPlaces | Values, place: float) -> float | None:
    if not len(x):
        return None
    row = row_at(x, place)
    candidates = x[max(0, row) : row + 2]
    return float(candidates[np.argmin(np.abs(candidates - place))])


def stepped(x: RunPlaces | Values, place: float, rows: int) -> float:
    """So many rows further along from a place, within those there are."""
    row = row_at(x, place)
    if rows > 0 or (row >= 0 and x[row] == place):
        row += rows
    return float(x[min(max(row, 0), len(x) - 1)])


def card_of(lines: Sequence[RunLine], place: float, words: HoverWords) -> CardTable:
    """What all runs say at a place, the current one first; a row of another step names it."""
    smooth = any(line.smooth is not None for line in lines)
    checked = any(len(line.data.check_x) for line in lines)
    heads = (words.value, *(("smoothed",) if smooth else ()), *(("validation",) if checked else ()))
    rows = []
    for line in reversed(lines):
        cells = [_value(line.data.x, line.data.y, line.data.steps, place, words)]
        if smooth:
            cells.append(_smooth(line, place, words))
        if checked:
            data = line.data
            cells.append(_value(data.check_x, data.check_y, data.check_steps, place, words))
        if any(cells):
            rows.append(CardRow(line.data.mark, line.data.name, tuple(cells)))
    more = len(rows) - MOST
    notes = (f"and {figures.count(more)} more",) if more > 0 else ()
    return CardTable(words.title(place), heads, tuple(rows[:MOST]), notes)


def value_at(data: RunData, place: float) -> tuple[int, float] | None:
    """The step and the value of a run's row at or before a place; None before its first."""
    row = row_at(data.x, place)
    return (int(data.steps[row]), float(data.y[row])) if row >= 0 else None


def _value(x: RunPlaces | Values, y: Values, steps: NDArray[Any], place: float, words: HoverWords) -> str:
    row = row_at(x, place)
    if row < 0:
        return ""
    text = words.said(float(y[row]))
    return text if x[row] == place else f"{text} at {figures.count(int(steps[row]))}"


def _smooth(line: RunLine, place: float, words: HoverWords) -> str:
    row = row_at(line.data.x, place)
    values = line.main.values
    if not 0 <= row < len(values) or not np.isfinite(values[row]):
        return ""
    return words.written(float(values[row]))
