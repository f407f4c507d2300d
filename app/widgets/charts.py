"""How does a measure grow, point by point? A curve that takes batches, says its last value, and can be asked for any.

pyqtgraph draws the curve and maps its values; axes, labels and cards are painted here, in the theme's colours.
All points are kept. Of those that fall on one pixel, the lowest and the highest are drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyqtgraph as pg
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import Placed, count_ticks, paint_count_axis, paint_value_axis, value_ticks
from app.widgets.chart_cards import Row, paint_card, paint_dot, paint_label, paint_marker
from app.widgets.chart_scale import CurvePoints, Scale, Values, drawn, round_bound
from lmcore import figures

LEAST_TOP: Final = 4.5
HEADROOM: Final = 0.1
GRIP: Final = 6.0
MARGINS: Final = (40, 8, 12, 26)  # left, top, right, bottom
LINE: Final = 1.75
PAGE: Final = 20


@dataclass(frozen=True)
class CurveWords:
    """What a chart says. `{value}` is written with two places, `{count}` with separators."""

    name: str = "Bytes per token against merges"
    empty: str = "The curve starts at 1.0 and rises with each merge."
    title: str = "{value} bytes a token"
    caption: str = "after {count} merges"
    hover: str = "merge {count}"
    value: str = "Bytes a token"


def no_details(_count: int) -> Sequence[Row]:
    """A hover card that says the value alone."""
    return ()


class CurveChart(pg.GraphicsView):
    """A curve over 0, 1, 2 ... `planned`, from `start` upwards, with a marker that can be dragged.

    `marker_moved(n)` is emitted while the user drags the marker or moves it by keys; not by `set_marker`.
    `details(n)` gives further rows of the hover card.
    """

    marker_moved = Signal(int)

    def __init__(
        self, planned: int = 1000, start: float = 1.0, words: CurveWords | None = None, parent: QWidget | None = None
    ) -> None:
        self._box: Any = None  # Qt tells of changes while the view is made
        super().__init__(parent, background=None)
        self._box = pg.ViewBox(enableMouse=False, enableMenu=False)  # a PlotWidget would make axes and menus too
        self.words = words or CurveWords()
        self.details: Callable[[int], Sequence[Row]] = no_details
        self._points = CurvePoints(start)
        self._planned = max(1, planned)
        self._logarithmic = False
        self._marker: int | None = None
        self._draggable = self._dragging = False
        self._hovered: int | None = None
        self._curve = pg.PlotCurveItem(antialias=True, pen=pg.mkPen(DATA[0], width=LINE), skipFiniteCheck=True)
        self._set_up()
        self._restyle()
        self._show_points()

    def _set_up(self) -> None:
        self.centralLayout.setSpacing(0)
        self.centralLayout.addItem(self._box, 0, 0)
        self._box.disableAutoRange()
        self._box.addItem(self._curve)
        self._box.sigResized.connect(self._show_points)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setAccessibleName(self.words.name)
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _restyle(self) -> None:
        """pyqtgraph follows no palette and no text size."""
        left, top, right, bottom = MARGINS
        self.centralLayout.setContentsMargins(fonts.scaled(left), top, right, fonts.scaled(bottom))
        self.viewport().update()

    @property
    def count(self) -> int:
        """How many points came after the first."""
        return self._points.count

    @property
    def values(self) -> Values:
        """All points, [count + 1], the first being the start."""
        return self._points.values

    @property
    def marker(self) -> int:
        """The point that the marker and the label stand at: where it was put, or the last."""
        return self.count if self._marker is None else min(self._marker, self.count)

    @property
    def scale(self) -> Scale:
        """Where points are on the screen, in pixels of the viewport."""
        last = max(self._planned, self.count)
        top = round_bound(self._points.highest, LEAST_TOP, HEADROOM)
        box = self._box.sceneBoundingRect()
        return Scale(box, last, self._points.start, top, self._logarithmic)

    def reset(self, planned: int) -> None:
        """An empty chart for `planned` points."""
        self._planned, self._marker, self._hovered = max(1, planned), None, None
        self._points.clear()
        self._show_points()

    def append(self, values: ArrayLike) -> None:
        """Further points, each one step after the last."""
        self._points.append(values)
        self._show_points()

    def set_log_x(self, logarithmic: bool) -> None:
        """Whether equal factors, not equal steps, are equally far apart. The point at 0 has no place then."""
        self._logarithmic = logarithmic
        self._show_points()

    def set_marker(self, count: int | None) -> None:
        """Put the marker at a point, or at the end of the curve and let it follow that (None)."""
        self._marker = None if count is None else max(0, min(count, self.count))
        self._refresh()

    def set_draggable(self, draggable: bool) -> None:
        """Whether the user can move the marker, by mouse or by keys."""
        self._draggable, self._dragging = draggable, False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if draggable else Qt.FocusPolicy.NoFocus)
        self.viewport().unsetCursor()

    def _show_points(self) -> None:
        """Hand the curve what the present width can show of the points."""
        scale = self.scale
        first = 1 if self._logarithmic else 0
        if self.count:
            counts, values = self._points.counts[first:], self.values[first:]
            shown = drawn(scale.columns(counts), values)
            self._curve.setData(np.log10(counts[shown]) if self._logarithmic else counts[shown], values[shown])
        else:
            self._curve.clear()
        self._box.setRange(xRange=scale.range_x, yRange=(scale.low, scale.high), padding=0)
        self._refresh()

    def _refresh(self) -> None:
        self.setAccessibleDescription(f"{self._title(self.marker)}, {self._caption(self.marker)}")
        self.viewport().update()

    def _title(self, count: int) -> str:
        return self.words.title.format(value=figures.decimal(float(self.values[count]), 2))

    def _caption(self, count: int) -> str:
        return self.words.caption.format(count=figures.count(count))

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        theme, scale = Theme.of(self.palette()), self.scale
        painter.fillRect(rect, QColor(theme.surface))
        values = tuple(Placed(tick, scale.y(tick.value)) for tick in value_ticks(scale.low, scale.high))
        paint_value_axis(painter, scale.box, values, theme)
        ticks = count_ticks(scale.last, scale.box.width(), logarithmic=scale.logarithmic)
        paint_count_axis(painter, scale.box, tuple(Placed(tick, scale.x(tick.value)) for tick in ticks), theme)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        theme, scale = Theme.of(self.palette()), self.scale
        if not self.count:
            painter.setFont(fonts.CAPTION.font())
            painter.setPen(QColor(theme.secondary))
            painter.drawText(scale.box, Qt.AlignmentFlag.AlignCenter, self.words.empty)
            return
        at = scale.point(self.marker, float(self.values[self.marker]))
        paint_marker(painter, scale.box, at.x(), theme.accent)
        paint_dot(painter, at, theme)
        if self._hovered is None or self._dragging:
            text = self._title(self.marker), self._caption(self.marker)
            paint_label(painter, at, scale.box, text, theme, self._height_over)
        else:
            self._paint_hover(painter, scale, self._hovered, theme)

    def _height_over(self, x: float) -> float:
        """The pixel of the curve's height over a pixel of the other axis."""
        count = min(self.scale.count_at(x), self.count)
        return self.scale.y(float(self.values[count]))

    def _paint_hover(self, painter: QPainter, scale: Scale, count: int, theme: Theme) -> None:
        at = scale.point(count, float(self.values[count]))
        paint_marker(painter, scale.box, at.x(), theme.control)
        paint_dot(painter, at, theme)
        value = figures.decimal(float(self.values[count]), 4)
        rows = [Row(self.words.value, value, 0), *self.details(count)]
        paint_card(painter, at, scale.box, self.words.hover.format(count=figures.count(count)), rows, theme)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The marker can be put anywhere: pressing takes it there, wherever it was."""
        if self._draggable and self.count and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._move_marker(self.scale.count_at(event.position().x()))
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, scale = event.position(), self.scale
        if self._dragging:
            self._move_marker(scale.count_at(at.x()))
            return
        count = scale.count_at(at.x())
        inside = scale.box.contains(at) and 0 < count <= self.count
        self._hover(count if inside else None)
        near = self._draggable and abs(at.x() - scale.x(self.marker)) <= GRIP
        self.viewport().setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging = False
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The ranges are fixed: the wheel belongs to the page."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        page = max(1, self.scale.last // PAGE)
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageDown: -page,
            Qt.Key.Key_PageUp: page,
            Qt.Key.Key_Home: -self.count,
            Qt.Key.Key_End: self.count,
        }
        step = steps.get(Qt.Key(event.key()))
        if self._draggable and step is not None:
            self._move_marker(self.marker + step)
        else:
            event.ignore()

    def _move_marker(self, count: int) -> None:
        count = max(0, min(count, self.count))
        if count != self._marker:
            self.set_marker(count)
            self.marker_moved.emit(count)

    def _hover(self, count: int | None) -> None:
        if count != self._hovered:
            self._hovered = count
            self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        restyled = event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if restyled and self._box is not None:
            self._restyle()

    def sizeHint(self) -> QSize:
        return QSize(560, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 120)
