"""How is a chart of runs asked? The pointer and the keys move a line that names all values; a part can be enlarged.

Drag over a range, or turn the wheel, to look closer; a double click or Esc shows all again.
"""

from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QWheelEvent,
)

from app.theme import Theme
from app.widgets.hover_card import HoverCard
from app.widgets.run_canvas import ChartWords, RunCanvas
from app.widgets.run_card import RunCard
from app.widgets.run_data import Pin, row_at
from app.widgets.run_hover import card_of, nearest, stepped
from app.widgets.run_line import Smoothing
from app.widgets.run_paint import PIN_ROOM, pin_place, pins_of
from app.widgets.run_scene import Shown
from lmcore import figures

CLICK: Final = 4.0
"""Pixels that a press may move and still be a click."""
REACH: Final = 7.0
GRIP: Final = 10.0
"""Pixels above or below a line within which a click means it."""
WHEEL: Final = 1.25
"""How much closer a notch of the wheel looks."""
CLOSEST: Final = 2e-6
"""The least part of the whole axis that is looked at."""
PAGE: Final = 0.05
PIN_WORDS: Final = {"checkpoint": "Checkpoint", "samples": "Text samples"}


class RunChart(RunCanvas):
    """The chart. Charts of the same axis follow one another by `pointed` and `zoomed`, `set_hover` and `set_zoom`."""

    pointed = Signal(object)
    """The place on the axis that is pointed at, or None."""
    zoomed = Signal(object)
    """The part of the axis that is looked at, as a pair, or None for all of it."""
    chosen = Signal(object, int)
    """The key of a run and a step of it that was clicked."""

    def __init__(self, words: ChartWords, smoothing: Smoothing, *, small: bool = False) -> None:
        super().__init__(words, smoothing, small=small)
        self._card: RunCard | None = None
        self._pin_card: HoverCard | None = None
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self._by_keys = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def card(self) -> RunCard | None:
        """The card beside the pointer, while there is one."""
        return self._card if self._card is not None and self._card.isVisibleTo(self.window()) else None

    @property
    def pin_card(self) -> HoverCard | None:
        """The card of a pin, while there is one."""
        return self._pin_card if self._pin_card is not None and self._pin_card.isVisibleTo(self.window()) else None

    def set_hover(self, place: float | None) -> None:
        super().set_hover(place)
        if place is None and self._card is not None:
            self._card.hide()

    def paint_live(self, painter: QPainter, theme: Theme) -> None:
        super().paint_live(painter, theme)
        if self._pressed is not None and self._dragged is not None:
            plot = self.seen.plot
            left, right = sorted((self._within(self._pressed.x()), self._within(self._dragged.x())))
            fill = QColor(theme.accent)
            fill.setAlphaF(0.14)
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), fill)
        if self._by_keys and not self.small:
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    # The pointer.

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._pressed is not None:
            if self._dragged is not None or abs(at.x() - self._pressed.x()) > CLICK:
                self._dragged = at
                self._point(None, at)
                self.update()
            return
        if pin := self._pin_at(at):
            self._tell_pin(pin[1], at)
            return
        self._forget_pin()
        inside = bool(self.lines) and self.frame.plot.adjusted(-2, 0, 2, 0).contains(at)
        self._point(self._nearest(at.x()) if inside else None, at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed, self._dragged = event.position(), None
        else:
            event.ignore()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, dragged = self._pressed, self._dragged
        self._pressed = self._dragged = None
        self.update()
        if pressed is None:
            return
        if dragged is None:
            self._click(event.position())
            return
        begin, end = sorted(self._place(self._within(point.x())) for point in (pressed, dragged))
        self._look(begin, end)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._look_at_all()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._forget_pin()
        self._point(None, QPointF())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._forget_pin()
        self._point(None, QPointF())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Closer or wider around the pointer; where all is seen already, the page may scroll."""
        notches = event.angleDelta().y() / 120
        if not notches or not self.lines or (notches < 0 and self.zoom is None):
            event.ignore()
            return
        share = (self._within(event.position().x()) - self.frame.plot.left()) / max(1.0, self.frame.plot.width())
        self._zoom_by(WHEEL**notches, share)
        event.accept()

    # The keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and (self.zoom is not None or self._pressed is not None):
            self._pressed = self._dragged = None
            self._look_at_all()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus) and self.lines:
            place = self.hover
            share = 0.5 if place is None else self.frame.x.share(place)
            self._zoom_by(WHEEL if key == Qt.Key.Key_Plus else 1 / WHEEL, share)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.hover is not None:
            self._choose_row(self.frame.shown[-1:], self.hover)
        elif not self._walk(key):
            super().keyPressEvent(event)

    def _walk(self, key: Qt.Key) -> bool:
        """Move the line by rows of the current run; whether the key does that."""
        line = self._scene.current
        if line is None:
            return False
        x, extent = line.data.x, self.frame.x
        here = self.hover if self.hover is not None else min(float(x[-1]), extent.high)
        pages = {Qt.Key.Key_PageUp: PAGE, Qt.Key.Key_PageDown: -PAGE}
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            goal = stepped(x, here, 1 if key == Qt.Key.Key_Right else -1)
        elif key in pages:
            goal = stepped(x, extent.value(extent.share(here) + pages[key]), 0)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            goal = stepped(x, extent.low if key == Qt.Key.Key_Home else extent.high, 0)
        else:
            return False
        goal = min(max(goal, extent.low), extent.high)
        self._point(goal, QPointF(self.frame.x_of(goal), self.frame.plot.top() + 20))
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._by_keys = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._by_keys = False
        self._point(None, QPointF())
        self.update()

    # What is meant.

    def _within(self, x: float) -> float:
        return min(max(x, self.frame.plot.left()), self.frame.plot.right())

    def _place(self, x: float) -> float:
        """The place on the axis of a pixel."""
        return self.frame.x.value((x - self.frame.plot.left()) / max(1.0, self.frame.plot.width()))

    def _nearest(self, x: float) -> float | None:
        """The row that is meant by a pixel; none outside of the part looked at."""
        place = self._place(x)
        found = nearest(self.lines, place, abs(self._place(x + 1) - place))
        return found if found is not None and -1e-9 <= self.frame.x.share(found) <= 1 + 1e-9 else None

    def _point(self, place: float | None, at: QPointF) -> None:
        if place != self.hover:
            self.set_hover(place)
            self.pointed.emit(place)
        if place is None:
            return
        if self._card is None or self._card.host is not self.window():
            self._card = RunCard(self.window())
        table = card_of(self.lines, place, self.words.hover)
        self._card.show_table(table, self.mapTo(self.window(), at.toPoint()))

    def _zoom_by(self, closer: float, share: float) -> None:
        """Look so much closer, with the place at a share of the plot where it is."""
        begin, end = share - share / closer, share + (1 - share) / closer
        part = self.frame.x.part(begin, end)
        full = self._scene.full_x()
        if full.share(part.low) <= 1e-9 and full.share(part.high) >= 1 - 1e-9:
            self._look_at_all()
        else:
            self._look(max(part.low, full.low), min(part.high, full.high))

    def _look(self, begin: float, end: float) -> None:
        full = self._scene.full_x()
        if full.share(end) - full.share(begin) < CLOSEST:
            return
        self.set_zoom((begin, end))
        self.zoomed.emit((begin, end))

    def _look_at_all(self) -> None:
        if self.zoom is not None:
            self.set_zoom(None)
            self.zoomed.emit(None)

    def _click(self, at: QPointF) -> None:
        if pin := self._pin_at(at):
            self.chosen.emit(pin[0].data.key, pin[1].step)
        elif self.frame.plot.contains(at) and (place := self._nearest(at.x())) is not None:
            near = min(self.frame.shown, key=lambda shown: self._off(shown, place, at.y()))
            if self._off(near, place, at.y()) <= GRIP:
                self._choose_row((near,), place)

    def _off(self, shown: Shown, place: float, y: float) -> float:
        """How far a run's line is above or below a pixel."""
        values, row = shown.line.main.values, row_at(shown.data.x, place)
        known = 0 <= row < len(values) and values[row] == values[row]
        return abs(self.frame.y_of(float(values[row])) - y) if known else float("inf")

    def _choose_row(self, shown: tuple[Shown, ...], place: float) -> None:
        for one in shown:
            row = row_at(one.data.x, place)
            if row >= 0:
                self.chosen.emit(one.data.key, int(one.data.steps[row]))

    def _pin_at(self, at: QPointF) -> tuple[Shown, Pin] | None:
        """The pin under the pointer, samples before checkpoints."""
        if (
            self.small
            or not self.lines
            or not self.frame.plot.bottom() <= at.y() <= self.frame.plot.bottom() + PIN_ROOM
        ):
            return None
        near = [
            (pin.kind != "samples", abs(pin_place(self.frame, pin).x() - at.x()), shown, pin)
            for shown, pin in pins_of(self.frame)
            if abs(pin_place(self.frame, pin).x() - at.x()) <= REACH
        ]
        best = min(near, key=lambda found: found[:2], default=None)
        return None if best is None else (best[2], best[3])

    def _tell_pin(self, pin: Pin, at: QPointF) -> None:
        self._point(None, at)
        if self._pin_card is None or self._pin_card.window() is not self.window():
            self._pin_card = HoverCard(self.window())
        kinds = [one.kind for _shown, one in pins_of(self.frame) if one.step == pin.step]
        lines = [f"Step {figures.count(pin.step)}", " and ".join(PIN_WORDS[kind] for kind in sorted(set(kinds)))]
        if "samples" in kinds:
            lines.append("Click to read the texts")
        self._pin_card.show_lines(lines, self.mapTo(self.window(), at.toPoint()))

    def _forget_pin(self) -> None:
        if self._pin_card is not None:
            self._pin_card.hide()
