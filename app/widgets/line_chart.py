"""How does a measure run over a range of whole numbers? A still curve: axes with true ticks, a card under the pointer.

Of the points that fall on one pixel, the lowest and the highest are drawn. `CurveChart` is for curves that grow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import Placed, Tick, count_ticks, paint_count_axis, paint_value_axis
from app.widgets.chart_cards import Row, paint_card, paint_dot, paint_marker
from app.widgets.chart_scale import Scale, drawn
from lmcore import figures

Values = NDArray[np.float64]
LINE: Final = 1.75
TOP, RIGHT, BOTTOM, GAP = 8, 12, 26, 12


@dataclass(frozen=True)
class LineWords:
    """What a chart says: its name, what stands where there is nothing, the title of its card and the value's name."""

    name: str
    empty: str
    hover: str
    value: str


class LineChart(QWidget):
    """Values over `first`, `first` + 1, ... drawn from 0 to the last; `written` says how a value is written."""

    def __init__(self, words: LineWords, written: Callable[[float], str]) -> None:
        super().__init__()
        self._words, self._written = words, written
        self._first = 0
        self._values: Values = np.zeros(0)
        self._ticks: tuple[float, ...] = ()
        self._hovered: int | None = None
        self.setAccessibleName(words.name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_values(self, values: Values, first: int, ticks: Sequence[float]) -> None:
        """Draw `values[i]` over `first + i`. The ticks of the values, the first and last of which bound the plot."""
        self._values, self._first, self._ticks, self._hovered = values, first, tuple(ticks), None
        last = (
            f"{self._written(float(values[-1]))} at {figures.count(self._last)}" if len(values) else self._words.empty
        )
        self.setAccessibleDescription(last)
        self.update()

    @property
    def _last(self) -> int:
        return self._first + len(self._values) - 1

    @property
    def scale(self) -> Scale:
        """Where points are on the screen."""
        metrics = QFontMetricsF(fonts.AXIS.font())
        left = max((metrics.horizontalAdvance(self._written(tick)) for tick in self._ticks), default=0.0) + GAP
        box = QRectF(self.rect()).adjusted(left, TOP, -RIGHT, -fonts.scaled(BOTTOM))
        low, high = (self._ticks[0], self._ticks[-1]) if self._ticks else (0.0, 1.0)
        return Scale(box, max(1, self._last), low, high, False)

    def sizeHint(self) -> QSize:
        return QSize(480, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, scale = Theme.of(self.palette()), self.scale
        with QPainter(self) as painter:
            if not len(self._values):
                painter.setFont(fonts.CAPTION.font())
                painter.setPen(QColor(theme.secondary))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words.empty)
                return
            values = tuple(Placed(Tick(tick, self._written(tick)), scale.y(tick)) for tick in self._ticks)
            paint_value_axis(painter, scale.box, values, theme)
            ticks = count_ticks(self._last, scale.box.width())
            paint_count_axis(painter, scale.box, tuple(Placed(tick, scale.x(tick.value)) for tick in ticks), theme)
            self._paint_line(painter, scale)
            if self._hovered is not None:
                self._paint_hover(painter, scale, theme, self._hovered)

    def _paint_line(self, painter: QPainter, scale: Scale) -> None:
        counts = np.arange(self._first, self._last + 1, dtype=np.float64)
        shown = drawn(scale.columns(counts), self._values)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(DATA[0]), LINE, j=Qt.PenJoinStyle.RoundJoin))
        points = zip(counts[shown].tolist(), self._values[shown].tolist(), strict=True)
        painter.drawPolyline([QPointF(scale.x(count), scale.y(value)) for count, value in points])

    def _paint_hover(self, painter: QPainter, scale: Scale, theme: Theme, count: int) -> None:
        value = float(self._values[count - self._first])
        at = scale.point(count, value)
        paint_marker(painter, scale.box, at.x(), theme.control)
        paint_dot(painter, at, theme)
        title = self._words.hover.format(count=figures.count(count))
        paint_card(painter, at, scale.box, title, [Row(self._words.value, self._written(value), 0)], theme)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        count = self.scale.count_at(event.position().x())
        inside = self.scale.box.contains(event.position()) and len(self._values) > 0
        self._hover(min(max(count, self._first), self._last) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def _hover(self, count: int | None) -> None:
        if count != self._hovered:
            self._hovered = count
            self.update()
