"""How do several measures grow along an axis? Lines on logarithmic scales, their names at their ends, a limit across.

The same marker as in the chart above it, in the accent; the card under the pointer lists all lines at that place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHideEvent, QMouseEvent, QPainter, QPen, QPolygonF, QWheelEvent

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import Placed, Tick, paint_value_axis
from app.widgets.floating_card import FloatingCard
from app.widgets.line_labels import spread
from app.widgets.log_axis import LogAxis, Values, around, decade_ticks, doubling_ticks
from app.widgets.marked_chart import DEFAULT, MarkedChart
from app.widgets.stacked_paint import paint_ticks

TOP, BOTTOM, GAP = 10, 28, 12
LINE: Final = 2.0
MARKER: Final = 2.0
SWATCH: Final = 10.0
NAME_LINE: Final = 15
DASH: Final = [4.0, 3.0]
DOTS: Final = [3.0, 3.0]
GROUND: Final = 0.85
"""How much of what is below a limit's words is covered."""


@dataclass(frozen=True)
class Curve:
    """A line: `values` over the counts of all lines; where a value is not positive or not finite, there is no line."""

    name: str
    values: Values
    colour: int
    dashed: bool = False


@dataclass(frozen=True)
class Limit:
    """A value that is not to be exceeded, drawn across the plot."""

    value: float
    written: str


@dataclass(frozen=True)
class Curves:
    """What a chart shows: lines over `counts`, [counts], how a value on the axis is written, and a limit if any.

    `empty` is said where there are no lines.
    """

    axis: LogAxis
    counts: Values
    curves: tuple[Curve, ...]
    written: Callable[[float], str]
    limit: Limit | None = None
    empty: str = ""


class CurvesChart(MarkedChart):
    """The chart. `details(n)` gives the card under the pointer."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._shown = Curves(DEFAULT, np.zeros(0), (), str)
        self._heights = LogAxis(1.0, 10.0)
        self._card: FloatingCard | None = None

    @property
    def curves(self) -> Curves:
        """What is shown."""
        return self._shown

    @property
    def heights(self) -> LogAxis:
        """The axis of the values."""
        return self._heights

    def show_curves(self, shown: Curves) -> None:
        """Draw other lines."""
        self._shown, self.axis = shown, shown.axis
        values = [curve.values[np.isfinite(curve.values) & (curve.values > 0)] for curve in shown.curves]
        every = np.concatenate(values) if values else np.zeros(0)
        if shown.limit is not None and len(every):
            every = np.append(every, shown.limit.value)
        self._heights = around(float(every.min()), float(every.max())) if len(every) else LogAxis(1.0, 10.0)
        self.forget_still()

    def measure_plot(self) -> QRectF:
        metrics = QFontMetricsF(fonts.AXIS.font())
        height = float(self.height() - TOP - fonts.scaled(BOTTOM))
        names = max((metrics.horizontalAdvance(curve.name) for curve in self._shown.curves), default=0.0)
        ticks = [metrics.horizontalAdvance(tick.label) for tick in self._ticks(height)]
        left, right = max(ticks, default=0.0) + GAP, names + SWATCH + 4 + 2 * GAP
        return QRectF(self.rect()).adjusted(left, TOP, -right, -fonts.scaled(BOTTOM))

    def sizeHint(self) -> QSize:
        return QSize(420, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(260, 160)

    def y_of(self, value: float) -> float:
        """The pixel of a positive value."""
        plot = self.plot()
        return plot.bottom() - self._heights.share(value) * plot.height()

    def _ticks(self, height: float) -> tuple[Tick, ...]:
        return decade_ticks(self._heights, height / fonts.factor(), self._shown.written)

    def paint_still(self, painter: QPainter, theme: Theme) -> None:
        plot = self.plot()
        if not self._shown.curves:
            painter.setFont(fonts.CAPTION.font())
            painter.setPen(QColor(theme.secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._shown.empty)
            return
        values = tuple(Placed(tick, self.y_of(tick.value)) for tick in self._ticks(plot.height()))
        paint_value_axis(painter, plot, values, theme)
        ticks = doubling_ticks(self.axis, plot.width() / fonts.factor())
        paint_ticks(painter, plot, [Placed(tick, self.x_of(tick.value)) for tick in ticks], theme)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for curve in self._shown.curves:
            self._paint_curve(painter, plot, curve)
        if self._shown.limit is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            self._paint_limit(painter, self._shown.limit, theme)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_names(painter, plot, theme)

    def _paint_curve(self, painter: QPainter, plot: QRectF, curve: Curve) -> None:
        there = np.isfinite(curve.values) & (curve.values > 0)
        xs = plot.left() + self.axis.shares(self._shown.counts[there]) * plot.width()
        ys = plot.bottom() - self._heights.shares(curve.values[there]) * plot.height()
        painter.setPen(_pen(curve))
        points = zip(xs.tolist(), ys.tolist(), strict=True)
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))

    def _paint_names(self, painter: QPainter, plot: QRectF, theme: Theme) -> None:
        line = float(fonts.scaled(NAME_LINE))
        ends = [self._end(curve) for curve in self._shown.curves]
        places = spread(ends, line, plot.top() + 2, plot.bottom())
        painter.setFont(fonts.AXIS.font())
        for curve, at in zip(self._shown.curves, places, strict=True):
            left = plot.right() + GAP - 4
            painter.setPen(_pen(curve))
            painter.drawLine(QLineF(left, round(at), left + SWATCH, round(at)))
            painter.setPen(QColor(theme.text))
            room = QRectF(left + SWATCH + 6, at - line / 2, self.width() - left, line)
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, curve.name)

    def _end(self, curve: Curve) -> float:
        there = curve.values[np.isfinite(curve.values) & (curve.values > 0)]
        return self.y_of(float(there[-1])) if len(there) else self.plot().bottom()

    def _paint_limit(self, painter: QPainter, limit: Limit, theme: Theme) -> None:
        plot, y = self.plot(), round(self.y_of(limit.value)) + 0.5
        pen = QPen(QColor(theme.text), 1.0, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(DOTS)
        painter.setPen(pen)
        painter.drawLine(QLineF(plot.left(), y, plot.right(), y))
        metrics = QFontMetricsF(fonts.AXIS.font())
        ground = QColor(theme.surface)
        ground.setAlphaF(GROUND)
        width = metrics.horizontalAdvance(limit.written)
        painter.fillRect(QRectF(plot.left() + 2, y - 3 - metrics.height(), width + 5, metrics.height()), ground)
        painter.setFont(fonts.AXIS.font())
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QPointF(plot.left() + 4, y - 3 - metrics.descent()), limit.written)

    def paint_live(self, painter: QPainter, theme: Theme) -> None:
        if self.marker is None or not self._shown.curves:
            return
        plot = self.plot()
        painter.fillRect(
            QRectF(round(self.x_of(self.marker)) - 1, plot.top(), MARKER, plot.height()), QColor(theme.accent)
        )
        if (hovered := self.hovered) is not None:
            x = round(self.x_of(hovered))
            painter.fillRect(QRectF(x, plot.top(), 1, plot.height()), QColor(theme.control))

    def describe(self) -> None:
        """Tell those who do not see it what the lines are at the marker."""
        told = None if self.marker is None else self.details(self.marker)
        if told is not None:
            rows = ", ".join(f"{row.name} {row.value}" for row in told.rows)
            self.setAccessibleDescription(f"{told.title}: {rows}")

    @property
    def card(self) -> FloatingCard | None:
        """The card under the pointer, while there is one."""
        return self._card if self._card is not None and self._card.isVisibleTo(self.window()) else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        told = None if self.hovered is None else self.details(self.hovered)
        if told is None:
            self._hide_card()
            return
        if self._card is None or self._card.host is not self.window():
            self._card = FloatingCard(self.window())
        self._card.show_details(told, self.mapTo(self.window(), event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._hide_card()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hide_card()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """What lies under the pointer scrolls away."""
        self._hide_card()
        event.ignore()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hide_card()

    def _hide_card(self) -> None:
        if self._card is not None:
            self._card.hide()


def _pen(curve: Curve) -> QPen:
    pen = QPen(QColor(DATA[curve.colour]), LINE)
    if curve.dashed:
        pen.setStyle(Qt.PenStyle.CustomDashLine)
        pen.setDashPattern(DASH)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen
