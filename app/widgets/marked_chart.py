"""Where on a logarithmic axis of counts do we stand? The base of charts with a marker that can be dragged.

What does not depend on the marker is painted once into a picture; a move of the marker, or of the pointer, paints that
picture and the few lines over it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme
from app.widgets.chart_cards import Row
from app.widgets.log_axis import LogAxis, grain

GRIP: Final = 6.0
MAGNET: Final = 4.0
"""Pixels from which a power of two, or another place of interest, pulls the marker to it."""
DEFAULT: Final = LogAxis(256, 1_048_576)
ANEW: Final = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
EXPORT_RATIO: Final = 2.0


@dataclass(frozen=True)
class Details:
    """What a hover card says of one count: rows of figures, and below them lines of words or formulas."""

    title: str
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def no_details(_count: int) -> Details | None:
    """No card."""
    return None


class MarkedChart(QWidget):
    """A chart over counts from `axis.low` to `axis.high`, two powers of two.

    `marker_moved(n)` is emitted while the user drags the marker or moves it by keys; not by `set_marker`.
    `details(n)` gives the card under the pointer. `menu_asked` gives the place where a menu was asked for.
    """

    marker_moved = Signal(int)
    menu_asked = Signal(object)

    def __init__(self, name: str, *, by_keys: bool = False) -> None:
        super().__init__()
        self.details: Callable[[int], Details | None] = no_details
        self.axis = DEFAULT
        self._marker: int | None = None
        self._hovered: int | None = None
        self._dragging = False
        self._still: QPixmap | None = None
        self._plot: QRectF | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if by_keys else Qt.FocusPolicy.NoFocus)

    # What a chart is made of.

    def measure_plot(self) -> QRectF:
        """Where the values are drawn, in pixels; asked once a size and once a change."""
        raise NotImplementedError

    def paint_still(self, painter: QPainter, theme: Theme) -> None:
        """Paint what stays as it is while the marker moves."""
        raise NotImplementedError

    def paint_live(self, painter: QPainter, theme: Theme) -> None:
        """Paint the marker, and what is under the pointer."""
        raise NotImplementedError

    def places(self) -> Sequence[int]:
        """Counts of interest that pull the marker to them."""
        return ()

    # The marker.

    @property
    def marker(self) -> int | None:
        """Where the marker stands."""
        return self._marker

    @property
    def hovered(self) -> int | None:
        """The count under the pointer, while it has a card."""
        return None if self._dragging else self._hovered

    def set_marker(self, count: int) -> None:
        """Put the marker at a count, without telling."""
        if count != self._marker:
            self._marker = count
            self.update()

    def plot(self) -> QRectF:
        """Where the values are drawn, in pixels."""
        if self._plot is None:
            self._plot = self.measure_plot()
        return self._plot

    def x_of(self, count: float) -> float:
        """The pixel of a count."""
        plot = self.plot()
        return plot.left() + self.axis.share(count) * plot.width()

    def count_at(self, x: float) -> int:
        """The count that is meant by a pixel: a place of interest or a power of two near it, or a round one."""
        exact = round(self._exact(x))
        power: int = 2 ** exact.bit_length()
        wanted = [place for place in (power, power // 2, *self.places()) if self.axis.low <= place <= self.axis.high]
        best = min(wanted, key=lambda place: abs(self.x_of(place) - x), default=exact)
        if abs(self.x_of(best) - x) <= MAGNET:
            return best
        step = grain(exact)
        return round(exact / step) * step

    def forget_still(self) -> None:
        """Something other than the marker has changed: paint all of it anew."""
        self._still = self._plot = None
        self.update()

    def picture(self) -> QPixmap:
        """The chart as it is on the screen without the pointer, in twice as many pixels."""
        hovered, self._hovered = self._hovered, None
        made = QPixmap(self.size() * EXPORT_RATIO)
        made.setDevicePixelRatio(EXPORT_RATIO)
        theme = Theme.of(self.palette())
        made.fill(QColor(theme.surface))
        with QPainter(made) as painter:
            self.paint_still(painter, theme)
            self.paint_live(painter, theme)
        self._hovered = hovered
        return made

    def sizeHint(self) -> QSize:
        return QSize(480, 220)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 140)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        if self._still is None or self._still.devicePixelRatio() != self.devicePixelRatioF():
            self._still = self._paint_anew(theme)
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._still)
            self.paint_live(painter, theme)

    def _paint_anew(self, theme: Theme) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(self.size() * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(QColor(theme.surface))
        with QPainter(made) as painter:
            self.paint_still(painter, theme)
        return made

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The marker can be put anywhere: pressing takes it there, wherever it was."""
        reach = self.plot().adjusted(-GRIP, -24, GRIP, 0)
        if event.button() == Qt.MouseButton.LeftButton and self._marker and reach.contains(event.position()):
            self._dragging = True
            self._move(self.count_at(event.position().x()))
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._dragging:
            self._move(self.count_at(at.x()))
            return
        inside = self._marker is not None and self.plot().contains(at)
        self._hover(self.count_at(at.x()) if inside else None)
        near = inside and abs(at.x() - self.x_of(self._marker or 1)) <= GRIP
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging, self._hovered = False, None
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        count = self._by_key(Qt.Key(event.key())) if self._marker is not None else None
        if count is None:
            event.ignore()
        else:
            self._hover(None)
            self._move(count)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(event.globalPos())

    def _by_key(self, key: Qt.Key) -> int | None:
        now = self._marker or 1
        goals = {
            Qt.Key.Key_Left: now - grain(now - 1),
            Qt.Key.Key_Right: now + grain(now),
            Qt.Key.Key_PageDown: now // 2,
            Qt.Key.Key_PageUp: 2 * now,
            Qt.Key.Key_Home: round(self.axis.low),
            Qt.Key.Key_End: round(self.axis.high),
        }
        return goals.get(key)

    def _exact(self, x: float) -> float:
        plot = self.plot()
        return self.axis.value((x - plot.left()) / max(1.0, plot.width()))

    def _move(self, count: int) -> None:
        count = round(min(self.axis.high, max(self.axis.low, count)))
        if count != self._marker:
            self.set_marker(count)
            self.marker_moved.emit(count)

    def _hover(self, count: int | None) -> None:
        if count != self._hovered:
            self._hovered = count
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._still = self._plot = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in ANEW:
            self.forget_still()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()
