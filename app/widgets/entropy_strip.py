"""Where does the model hesitate? A bar a token, as high as the entropy in bits; as narrow as it takes to show all."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import nice_step
from lmcore import figures

LEFT, TOP, BOTTOM = 36, 6, 18
STEP: Final = 8.0
"""Pixels from bar to bar where there is room: few tokens do not become wide blocks."""
LABELS: Final = 90.0
"""Pixels between two labels, at the least."""
LEAST: Final = 1.0
"""Bits that the axis reaches in any case."""
NOWHERE: Final = -1
NOTHING: Final = -1.0
"""In the place of a figure that is not known."""


class EntropyStrip(QWidget):
    """Bars for tokens 1, 2, …; a token without a figure has none. One can be chosen, one is pointed at."""

    pointed = Signal(int)
    """The number of the token under the pointer, from 0, or -1."""
    chosen = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._bits: Sequence[float | None] = ()
        self._values: NDArray[np.float64] = np.zeros(0)
        self._room = 0
        self._current = self._hovered = NOWHERE
        self._highest = LEAST
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def bits(self) -> Sequence[float | None]:
        """What is shown."""
        return self._bits

    @property
    def current(self) -> int:
        """The token that is marked, or -1."""
        return self._current

    def show_bits(self, bits: Sequence[float | None]) -> None:
        """Show these."""
        self._bits = bits
        self._values = np.array([NOTHING if value is None else value for value in bits], np.float64)
        self._highest = max(LEAST, float(self._values.max(initial=LEAST)))
        self.setAccessibleDescription(f"{figures.count(len(bits))} tokens, at most {self._highest:.1f} bits")
        self.update()

    def mark(self, current: int, hovered: int = NOWHERE) -> None:
        """Mark the chosen token and that under the pointer, without telling."""
        if (current, hovered) != (self._current, self._hovered):
            self._current, self._hovered = current, hovered
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, fonts.scaled(80))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, fonts.scaled(80))

    def box(self, number: int) -> QRectF:
        """Where a token's bar may stand, from the top of the plot to its foot."""
        plot, step = self._plot(), self._step()
        return QRectF(plot.left() + number * step, plot.top(), step, plot.height())

    def _plot(self) -> QRectF:
        return QRectF(self.rect()).adjusted(fonts.scaled(LEFT), fonts.scaled(TOP), 0, -fonts.scaled(BOTTOM))

    def _step(self) -> float:
        return min(STEP, self._plot().width() / max(1, len(self._bits)))

    def _top(self) -> int:
        """The whole number of bits at the top of the axis, even where it is above 4."""
        whole = int(-(-self._highest // 1))
        return whole if whole <= 4 else whole + whole % 2

    def _at(self, point: QPointF) -> int:
        number = int((point.x() - self._plot().left()) // self._step()) if self._bits else NOWHERE
        return number if 0 <= number < len(self._bits) else NOWHERE

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, plot, top = Theme.of(self.palette()), self._plot(), self._top()
        with QPainter(self) as painter:
            painter.setFont(fonts.AXIS.font())
            for value in (0, top):
                y = plot.bottom() if value == 0 else plot.top()
                painter.fillRect(QRectF(plot.left(), round(y), plot.width(), 1), QColor(theme.grid))
                painter.setPen(QColor(theme.secondary))
                room = QRectF(0, y - 10, plot.left() - 10, 20)
                painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(value))
            self._paint_bars(painter, theme, plot, top)
            self._paint_numbers(painter, theme, plot)

    def _paint_bars(self, painter: QPainter, theme: Theme, plot: QRectF, top: int) -> None:
        """Of tokens that share a pixel, the highest is seen."""
        step = self._step()
        gap = 2 if step >= 6 else 1 if step >= 3 else 0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DATA[7]))
        painter.drawRects(bars(self._values, plot, step, gap, top))
        for number, colour in ((self._hovered, theme.text), (self._current, theme.accent)):
            found = self._bits[number] if 0 <= number < len(self._bits) else None
            if found is not None:
                height = max(1.0, found / top * plot.height())
                x = int(plot.left() + number * step)
                painter.fillRect(QRectF(x, plot.bottom() - height, max(2.0, step - gap), height), QColor(colour))

    def _paint_numbers(self, painter: QPainter, theme: Theme, plot: QRectF) -> None:
        if not self._bits:
            return
        metrics, step = QFontMetricsF(fonts.AXIS.font()), self._step()
        shown = plot.width() / step
        every = max(1, round(nice_step(shown, max(1, int(plot.width() / fonts.scaled(int(LABELS)))))))
        painter.setPen(QColor(theme.secondary))
        for number in range(every, int(shown) + 1, every):
            words = figures.count(number)
            x = plot.left() + (number - 0.5) * step - metrics.horizontalAdvance(words) / 2
            if x + metrics.horizontalAdvance(words) <= self.width():
                painter.drawText(QPointF(x, plot.bottom() + 4 + metrics.ascent()), words)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointed.emit(self._at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(NOWHERE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and number != NOWHERE:
            self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self._bits:
            super().keyPressEvent(event)
        else:
            self.chosen.emit(max(0, min(self._current + step, len(self._bits) - 1)))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self._at(QPointF(event.pos()))
            value = self._bits[number] if number != NOWHERE else None
            words = "" if value is None else f"Token {figures.count(number + 1)}: {figures.decimal(value, 2)} bits"
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)


def bars(values: NDArray[np.float64], plot: QRectF, step: float, gap: int, top: float) -> list[QRectF]:
    """The bars of values from 0 to `top`, `step` pixels apart; of those that share a pixel the highest, of -1 none.

    A bar ends `gap` pixels before the next one begins: with rounded widths there would be stripes between them.
    """
    if not len(values):
        return []
    edges = np.floor(plot.left() + np.arange(len(values) + 1) * step)
    starts = np.flatnonzero(np.diff(edges[:-1], prepend=edges[0] - 1))
    highest = np.maximum.reduceat(values, starts)
    widths = np.maximum(1.0, np.append(edges[starts[1:]], edges[-1]) - edges[starts] - gap)
    heights = np.maximum(1.0, highest / top * plot.height())
    columns = np.column_stack((edges[starts], plot.bottom() - heights, widths, heights))[highest >= 0]
    return [QRectF(*column) for column in columns.tolist()]
