"""How does a whole divide, and how does that change along an axis? Areas upon one another, with a marker to drag.

They may be shares of one, or amounts, of which what is above the plot is cut off. A change to another stack may take
160 ms, in which it can be interrupted by the next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app import fonts
from app.theme import Theme
from app.widgets.chart_axis import Placed, Tick, paint_value_axis
from app.widgets.log_axis import LogAxis, Values, doubling_ticks
from app.widgets.marked_chart import DEFAULT, MarkedChart
from app.widgets.motion import easing, is_motion_wanted
from app.widgets.share_card import ShareRow, paint_share_card
from app.widgets.stacked_paint import (
    ROW,
    Area,
    Line,
    names_room,
    paint_areas,
    paint_crossings,
    paint_names,
    paint_ticks,
    ticks_room,
)

TOP, SIDE, BOTTOM = 42, 24, 28
DOT: Final = 4.5
RING: Final = 7.5
PALE: Final = 0.6
"""How much of the surface lies over what is not revealed yet."""


class Crossing(NamedTuple):
    """A place where two parts are equal: the count, as it is written, and what is equal there."""

    at: float
    written: str
    words: str


@dataclass(frozen=True)
class Stack:
    """What a chart shows: `edges`, [areas, counts], are the upper ends of the areas over `counts`, [counts].

    `top` is the value at the upper end of the plot. With `ticks` those stand at the left, else the areas' names.
    `remark` is said above the plot at the left, for instance why there are no crossings.
    """

    axis: LogAxis
    counts: Values
    areas: tuple[Area, ...]
    edges: Values
    top: float = 1.0
    ticks: tuple[Tick, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    remark: str = ""


class StackCard(NamedTuple):
    """What a card says: its title, the parts from the top to the bottom, and further lines."""

    title: str
    rows: tuple[ShareRow, ...]
    notes: tuple[str, ...] = ()


EMPTY: Final = Stack(DEFAULT, np.zeros(0), (), np.zeros((0, 0)))


class StackedChart(MarkedChart):
    """The chart. `marker_card(n)` gives the card beside the marker, `hover_card(n)` the one beside the pointer."""

    def __init__(self, name: str) -> None:
        super().__init__(name, by_keys=True)
        self.marker_card: Callable[[int], StackCard | None] = lambda _count: None
        self.hover_card: Callable[[int], StackCard | None] = lambda _count: None
        self.reduced_motion: bool | None = None
        """Whether changes are shown at once; None asks the desktop."""
        self._stack = EMPTY
        self._before: Values = EMPTY.edges
        self._drawn: Values = EMPTY.edges
        self._revealing = False
        self.motion = easing(self)
        self.motion.valueChanged.connect(self._advance)

    @property
    def stack(self) -> Stack:
        """What is shown, or what a change leads to."""
        return self._stack

    @property
    def drawn(self) -> Values:
        """The upper ends of the areas as they are on the screen now, as shares of the plot's height."""
        return self._drawn

    def show_stack(self, stack: Stack, *, animate: bool = False) -> None:
        """Show other areas, at once or within 160 ms."""
        goal = stack.edges / stack.top
        moving = animate and self._may_move() and goal.shape == self._drawn.shape
        self._stack, self.axis, self._before = stack, stack.axis, self._drawn
        self.motion.stop()
        if moving:
            self.motion.start()
        else:
            self._drawn = goal
        self.forget_still()

    def reveal(self, revealing: bool) -> None:
        """Whether what is right of the marker is pale, as while a way along the axis is played."""
        self._revealing = revealing
        self.update()

    def measure_plot(self) -> QRectF:
        left = SIDE + max(names_room(self._stack.areas), ticks_room(self._stack.ticks))
        return QRectF(self.rect()).adjusted(left, fonts.scaled(TOP), -SIDE, -fonts.scaled(BOTTOM))

    def places(self) -> list[int]:
        return [round(crossing.at) for crossing in self._stack.crossings]

    def sizeHint(self) -> QSize:
        return QSize(720, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(420, 220)

    def _may_move(self) -> bool:
        wanted = is_motion_wanted(self) if self.reduced_motion is None else not self.reduced_motion
        return wanted and self.isVisible()

    def _advance(self, share: float) -> None:
        goal = self._stack.edges / self._stack.top
        self._drawn = goal if share >= 1 else self._before + (goal - self._before) * share
        self.forget_still()

    def paint_still(self, painter: QPainter, theme: Theme) -> None:
        stack, plot = self._stack, self.plot()
        if not stack.areas:
            return
        if stack.ticks:
            places = [Placed(tick, plot.bottom() - tick.value / stack.top * plot.height()) for tick in stack.ticks]
            paint_value_axis(painter, plot, tuple(places), theme)
        else:
            paint_names(painter, plot, stack.areas, self._middles(plot), theme)
        xs = (plot.left() + stack.axis.shares(stack.counts) * plot.width()).tolist()
        ys = (plot.bottom() - self._drawn * plot.height()).tolist()
        lines = [[QPointF(x, y) for x, y in zip(xs, line, strict=True)] for line in ys]
        paint_areas(painter, plot, lines, [area.colour for area in stack.areas], theme)
        ticks = doubling_ticks(stack.axis, plot.width() / fonts.factor())
        paint_ticks(painter, plot, [Placed(tick, self.x_of(tick.value)) for tick in ticks], theme)
        inside = [one for one in stack.crossings if stack.axis.low <= one.at <= stack.axis.high]
        paint_crossings(painter, plot, [Line(one.written, one.words, self.x_of(one.at)) for one in inside], theme)
        painter.setFont(fonts.AXIS.font())
        painter.setPen(QColor(theme.secondary))
        room = QRectF(SIDE, plot.top() - 2 * fonts.scaled(ROW), plot.right() - SIDE, fonts.scaled(ROW))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, stack.remark)

    def _middles(self, plot: QRectF) -> list[float]:
        """The pixels of the middles of the areas' heights at the left end."""
        edges = [0.0, *(self._stack.edges[:, 0] / self._stack.top).tolist()]
        return [plot.bottom() - (low + high) / 2 * plot.height() for low, high in pairwise(edges)]

    def paint_live(self, painter: QPainter, theme: Theme) -> None:
        plot = self.plot()
        if self.marker is None or not self._stack.areas:
            return
        x = round(self.x_of(self.marker))
        if self._revealing:
            pale = QColor(theme.surface)
            pale.setAlphaF(PALE)
            painter.fillRect(QRectF(x, plot.top(), plot.right() - x, plot.height()), pale)
        painter.fillRect(QRectF(x - 1, plot.top() - 8, 2, plot.height() + 8), QColor(theme.text))
        self._paint_handle(painter, QPointF(x, plot.top() - 8), theme)
        hovered = self.hovered
        if hovered is None:
            self._paint_card(painter, x, self.marker_card(self.marker), theme)
        else:
            at = round(self.x_of(hovered))
            painter.fillRect(QRectF(at, plot.top(), 1, plot.height()), QColor(theme.text))
            self._paint_card(painter, at, self.hover_card(hovered), theme)

    def _paint_handle(self, painter: QPainter, at: QPointF, theme: Theme) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(at, DOT, DOT)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(at, RING, RING)

    def _paint_card(self, painter: QPainter, x: float, card: StackCard | None, theme: Theme) -> None:
        if card is not None:
            at = QPointF(x + 2, self.plot().top() + 2)
            paint_share_card(painter, at, self.plot(), card.title, card.rows, theme, card.notes)
