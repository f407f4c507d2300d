"""Which value is best? A mark for each run over the value that it was given; a line for each value of another setting.

A full mark is a run that finished, a ring one that has not; a cross at the upper edge one that diverged.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import Placed, Tick, paint_value_axis
from app.widgets.hover_card import HoverCard
from app.widgets.line_labels import spread
from app.widgets.run_extent import Extent, config_number, plain, value_ticks
from app.widgets.run_marks import RunMark
from app.widgets.run_paint import paint_cross, paint_words

State = Literal["done", "open", "diverged"]
LEFT, TOP, RIGHT, BOTTOM = 48, 34, 24, 44
WIDE_LEFT: Final = 84
"""Pixels left of the plot where values have units."""
DOT: Final = 4.0
REACH: Final = 12.0
PAD: Final = 0.12
X_GAP, Y_GAP = 84.0, 52.0
TICK_GAP: Final = 10.0
"""Pixels between the values that were tried, where they are written below the axis."""
EDGE, STEP = 10.0, 11.0
"""Pixels from the upper edge to the marks of runs that diverged, and between such marks of one value."""
DIVERGED: Final = "diverged"
LINE: Final = 15
SWATCH: Final = 16.0


@dataclass(frozen=True)
class SweepPoint:
    """A run: the number it stands over, its loss if it has one, and the lines of its card."""

    key: Hashable
    x: float
    loss: float | None
    state: State
    told: tuple[str, ...]


@dataclass(frozen=True)
class SweepLine:
    """Runs that differ in the swept value alone; `name` is that of the other settings' values, if there are any."""

    name: str
    mark: RunMark
    points: tuple[SweepPoint, ...]


@dataclass(frozen=True)
class SweepFigure:
    """What is drawn. Where there are `categories`, x is a place among them, from 0.

    Marks of a line are `joined` where they differ in one setting alone.
    """

    x_name: str
    y_name: str
    lines: tuple[SweepLine, ...] = ()
    categories: tuple[str, ...] = ()
    logarithmic: bool = False
    joined: bool = True
    written: Callable[[float], str] = plain
    """How values are written at their axis."""


class SweepChart(QWidget):
    """The chart."""

    chosen = Signal(object)
    """The key of a run whose mark was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._figure = SweepFigure("", "")
        self._card: HoverCard | None = None
        self._pointed: Hashable = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def figure(self) -> SweepFigure:
        """What is drawn."""
        return self._figure

    @property
    def card(self) -> HoverCard | None:
        """The card beside the pointer, while there is one."""
        return self._card if self._card is not None and self._card.isVisibleTo(self.window()) else None

    def show_figure(self, figure: SweepFigure) -> None:
        """Draw another."""
        self._figure = figure
        self.setAccessibleName(f"{figure.y_name} against {figure.x_name}")
        told = ("; ".join(point.told) for line in figure.lines for point in line.points)
        self.setAccessibleDescription(". ".join(told))
        self.update()

    def place_of(self, point: SweepPoint) -> QPointF | None:
        """The pixel of a run's mark; None where it has none."""
        plot, x, y = self._plot(), self._x_extent(), self._y_extent()
        if point.state != "diverged" and point.loss is None:
            return None
        across = plot.left() + x.share(point.x) * plot.width()
        if point.state == "diverged":
            return QPointF(across + self._beside(point), plot.top() + EDGE)
        return QPointF(across, plot.bottom() - y.share(point.loss or 0.0) * plot.height())

    def _beside(self, point: SweepPoint) -> float:
        """How far right of its value a mark stands, where others of the same value diverged as well."""
        same = [
            other
            for line in self._figure.lines
            for other in line.points
            if other.state == "diverged" and other.x == point.x
        ]
        return (same.index(point) - (len(same) - 1) / 2) * STEP

    def sizeHint(self) -> QSize:
        return QSize(520, 320)

    def minimumSizeHint(self) -> QSize:
        return QSize(220, 140)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint(painter, Theme.of(self.palette()))

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Paint all of it, as large as the chart is."""
        if not any(self.place_of(point) for line in self._figure.lines for point in line.points):
            words = f"No run has this yet: {self._figure.y_name}."
            paint_words(painter, QRectF(self.rect()), words, theme)
            return
        self._paint_axes(painter, theme)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in self._figure.lines:
            self._paint_line(painter, line, theme)
        self._paint_diverged(painter, theme)
        self._paint_names(painter, theme)

    def _plot(self) -> QRectF:
        metrics = QFontMetricsF(fonts.AXIS.font())
        names = max((metrics.horizontalAdvance(line.name) for line in self._figure.lines), default=0.0)
        right = max(float(fonts.scaled(RIGHT)), names + SWATCH + 14)
        left = fonts.scaled(LEFT if self._figure.written is plain else WIDE_LEFT)
        return QRectF(self.rect()).adjusted(left, TOP, -right, -fonts.scaled(BOTTOM))

    def _x_extent(self) -> Extent:
        if self._figure.categories:
            return Extent(-0.5, max(len(self._figure.categories), 1) - 0.5)
        values = np.array([point.x for line in self._figure.lines for point in line.points] or [1.0])
        low, high = float(values.min()), float(values.max())
        if self._figure.logarithmic and low > 0:
            room = (high / low) ** PAD if high > low else 2.0
            return Extent(low / room, high * room, True)
        room = PAD * (high - low) or max(1.0, abs(high)) / 2
        return Extent(low - room, high + room)

    def _y_extent(self) -> Extent:
        losses = [point.loss for line in self._figure.lines for point in line.points if point.state != "diverged"]
        known = np.array([loss for loss in losses if loss is not None] or [0.0, 1.0])
        low, high = float(known.min()), float(known.max())
        room = 0.15 * (high - low) or 0.05 * max(abs(high), 1e-3)
        return Extent(max(0.0, low - room) if low >= 0 else low - room, high + room)

    @property
    def _has_losses(self) -> bool:
        """Whether there is anything to be read off the axis of losses."""
        return any(
            point.loss is not None and point.state != "diverged" for line in self._figure.lines for point in line.points
        )

    def _paint_axes(self, painter: QPainter, theme: Theme) -> None:
        plot, x, y = self._plot(), self._x_extent(), self._y_extent()
        ticks = value_ticks(y, plot.height(), Y_GAP * fonts.factor(), self._figure.written) if self._has_losses else ()
        places = tuple(Placed(tick, plot.bottom() - y.share(tick.value) * plot.height()) for tick in ticks)
        paint_value_axis(painter, plot, places, theme)
        painter.setFont(fonts.AXIS.font())
        metrics = QFontMetricsF(painter.font())
        for tick in self._x_ticks(plot, x):
            at = plot.left() + x.share(tick.value) * plot.width()
            room = plot.width() / max(1, len(self._figure.categories)) - 6 if self._figure.categories else 120.0
            label = metrics.elidedText(tick.label, Qt.TextElideMode.ElideMiddle, room)
            painter.setPen(QPen(QColor(theme.control), 1))
            painter.drawLine(QLineF(round(at) + 0.5, plot.bottom(), round(at) + 0.5, plot.bottom() + 3))
            painter.setPen(QColor(theme.secondary))
            half = metrics.horizontalAdvance(label) / 2
            painter.drawText(QPointF(at - half, plot.bottom() + 8 + metrics.ascent()), label)
        foot = QRectF(plot.left(), self.height() - fonts.scaled(18), plot.width(), fonts.scaled(16))
        painter.drawText(QPointF(plot.left(), TOP - 6 + metrics.ascent() - metrics.height() / 2), self._figure.y_name)
        painter.drawText(foot, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, self._figure.x_name)

    def _x_ticks(self, plot: QRectF, x: Extent) -> Sequence[Tick]:
        """The values that were tried, where they have room, or round ones."""
        if self._figure.categories:
            return [Tick(place, name) for place, name in enumerate(self._figure.categories)]
        tried = sorted({point.x for line in self._figure.lines for point in line.points})
        kept: list[tuple[float, Tick]] = []
        metrics = QFontMetricsF(fonts.AXIS.font())
        for tick in (Tick(value, config_number(value)) for value in tried):
            place, half = x.share(tick.value) * plot.width(), metrics.horizontalAdvance(tick.label) / 2
            if not kept or place - half >= kept[-1][0] + TICK_GAP:
                kept.append((place + half, tick))
        if 2 * len(kept) > len(tried):
            return [tick for _end, tick in kept]
        return value_ticks(x, plot.width(), X_GAP * fonts.factor(), config_number)

    def _paint_line(self, painter: QPainter, line: SweepLine, theme: Theme) -> None:
        places = [(point, self.place_of(point)) for point in line.points]
        known = [place for point, place in places if place is not None and point.state != "diverged"]
        if self._figure.joined and len(known) > 1:
            painter.setPen(line.mark.pen(1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(known)
        colour = DATA[line.mark.colour]
        for point, place in places:
            if place is None:
                continue
            if point.state == "diverged":
                paint_cross(painter, place, colour)
                continue
            painter.setPen(QPen(QColor(colour), 1.5))
            painter.setBrush(QColor(colour if point.state == "done" else theme.surface))
            painter.drawEllipse(place, DOT, DOT)

    def _paint_diverged(self, painter: QPainter, theme: Theme) -> None:
        """The word, once for marks that stand close together: right of the last, or left of the first of them."""
        painter.setFont(fonts.AXIS.font())
        painter.setPen(QColor(theme.secondary))
        metrics = QFontMetricsF(painter.font())
        width, word = metrics.horizontalAdvance(DIVERGED), DIVERGED
        points = [point for line in self._figure.lines for point in line.points if point.state == "diverged"]
        places = sorted(place.x() for point in points if (place := self.place_of(point)) is not None)
        groups: list[tuple[float, float]] = []
        for x in places:
            if groups and x - groups[-1][1] < width + 2 * STEP:
                groups[-1] = (groups[-1][0], x)
            else:
                groups.append((x, x))
        for first, last in groups:
            left = last + 9 if last + 9 + width <= self._plot().right() else first - 9 - width
            painter.drawText(QPointF(left, self._plot().top() + EDGE + metrics.capHeight() / 2), word)

    def _paint_names(self, painter: QPainter, theme: Theme) -> None:
        """The names of the lines, right of the plot at the height of their last marks."""
        named = [(line, self._end(line)) for line in self._figure.lines if line.name]
        plot, height = self._plot(), float(fonts.scaled(LINE))
        ends = [end for _line, end in named]
        painter.setFont(fonts.AXIS.font())
        for (line, _end), y in zip(named, spread(ends, height, plot.top(), plot.bottom()), strict=True):
            painter.setPen(line.mark.pen(2))
            painter.drawLine(QLineF(plot.right() + 2, y, plot.right() + 2 + SWATCH, y))
            painter.setPen(QColor(theme.text))
            room = QRectF(plot.right() + SWATCH + 8, y - height / 2, 400, height)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, line.name)

    def _end(self, line: SweepLine) -> float:
        places = [place for point in line.points if (place := self.place_of(point)) is not None]
        return places[-1].y() if places else self._plot().bottom()

    def _at(self, at: QPointF) -> SweepPoint | None:
        """The run whose mark is under the pointer."""
        found = [
            (QLineF(at, place).length(), point)
            for line in self._figure.lines
            for point in line.points
            if (place := self.place_of(point)) is not None
        ]
        near = min(found, key=lambda pair: pair[0], default=None)
        return near[1] if near is not None and near[0] <= REACH else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self._at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if point else Qt.CursorShape.ArrowCursor)
        if point is None:
            self._hide_card()
            return
        if self._card is None:
            self._card = HoverCard(self.window())
        self._card.show_lines(point.told, self.mapTo(self.window(), event.position().toPoint()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = self._at(event.position())
        if point is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(point.key)
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hide_card()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._hide_card()

    def _hide_card(self) -> None:
        if self._card is not None:
            self._card.hide()
