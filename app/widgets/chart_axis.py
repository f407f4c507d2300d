"""Which ticks does an axis have, and how are they drawn? True values only: round steps, and the end of the data."""

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app import fonts
from app.theme import Theme
from lmcore import figures

NICE: Final = (1, 2, 5)
LABEL_ROOM: Final = 100.0
LAST_ROOM: Final = 68.0
MOST_STEPS: Final = 5
LABEL_GAP: Final = 8.0


@dataclass(frozen=True)
class Tick:
    """A label at a value of the axis."""

    value: float
    label: str


def count_ticks(last: int, width: float, *, logarithmic: bool = False) -> tuple[Tick, ...]:
    """Ticks of an axis from 0 (or 1, if logarithmic) to `last` on `width` pixels; the last is always `last` itself.

    A round tick so near the last that the labels would touch is left out. count_ticks(9743, 880) gives 0, 2,000,
    4,000, 6,000, 8,000 and 9,743.
    """
    values = _powers(last) if logarithmic else _steps(last, min(MOST_STEPS, max(1, int(width / LABEL_ROOM))))
    kept = [value for value in values if _distance(value, last, width, logarithmic) > LAST_ROOM]
    return tuple(Tick(value, figures.count(value)) for value in [*kept, last])


def value_ticks(low: float, high: float) -> tuple[Tick, ...]:
    """Some four ticks from `low` to at most `high`, a round step apart: 1.0, 2.0, 3.0, 4.0."""
    step = nice_step(high - low, 4)
    places = max(1, ceil(-log10(step)))
    count = floor((high - low) / step + 1e-9)
    return tuple(Tick(low + i * step, figures.decimal(low + i * step, places)) for i in range(count + 1))


def nice_step(span: float, at_most: int) -> float:
    """The smallest of 1, 2, 5, 10 ... (or their tenths) that goes into `span` at most `at_most` times, roughly."""
    rough = span / at_most
    power = 10.0 ** floor(log10(rough))
    return float(next((nice * power for nice in NICE if nice * power >= rough * 0.9), 10 * power))


def _steps(last: int, at_most: int) -> list[int]:
    step = max(1, round(nice_step(max(1, last), at_most)))
    return list(range(0, last, step))


def _powers(last: int) -> list[int]:
    return [10**power for power in range(ceil(log10(max(1, last))))]


def _distance(value: int, last: int, width: float, logarithmic: bool) -> float:
    """How many pixels a tick stands before the last one."""
    if logarithmic:
        return (log10(last) - log10(value)) / max(log10(last), 1e-9) * width
    return (last - value) / max(1, last) * width


@dataclass(frozen=True)
class Placed:
    """A tick and its pixel on the screen."""

    tick: Tick
    at: float


def paint_value_axis(painter: QPainter, plot: QRectF, ticks: tuple[Placed, ...], theme: Theme) -> None:
    """Horizontal grid lines with their values at the left."""
    painter.setFont(fonts.AXIS.font())
    for placed in ticks:
        y = floor(placed.at) + 0.5
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
        painter.setPen(QColor(theme.secondary))
        room = QRectF(0, y - 10, plot.left() - LABEL_GAP, 20)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, placed.tick.label)


def paint_count_axis(painter: QPainter, plot: QRectF, ticks: tuple[Placed, ...], theme: Theme) -> None:
    """Labels below the plot: the first and the last within its ends, the others in the middle below their values."""
    metrics = QFontMetricsF(fonts.AXIS.font())
    painter.setFont(fonts.AXIS.font())
    painter.setPen(QColor(theme.secondary))
    for placed in ticks:
        width = metrics.horizontalAdvance(placed.tick.label)
        left = min(max(plot.left(), placed.at - width / 2), plot.right() - width)
        painter.drawText(QPointF(left, plot.bottom() + LABEL_GAP + metrics.ascent()), placed.tick.label)
