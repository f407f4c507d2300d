"""How much of a device's memory is taken? A bar of the parts, and below it a thin one: their sum of what is free."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA, Theme

HEIGHT: Final = 14
GAUGE: Final = 4
BETWEEN: Final = 6
GAP: Final = 2
LEAST: Final = 2.0
"""Pixels of a part that is there at all."""


class MemoryBar(QWidget):
    """Parts in data colours (-1: none of them), as long as their shares; the gauge is red where they are too much."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._parts: tuple[tuple[int, int], ...] = ()
        self._room = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_parts(self, parts: Sequence[tuple[int, int]], room: int, words: str) -> None:
        """Show parts, each an amount and the number of its colour; `words` say the same."""
        self._parts, self._room = tuple(parts), room
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.update()

    @property
    def overflows(self) -> bool:
        """Whether the parts are more than there is room for."""
        return self._whole > self._room

    def sizeHint(self) -> QSize:
        return QSize(200, fonts.scaled(HEIGHT) + BETWEEN + GAUGE)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        bar = QRectF(0, 0, self.width(), fonts.scaled(HEIGHT))
        gauge = QRectF(0, bar.bottom() + BETWEEN, self.width(), GAUGE)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.border))
            painter.drawRoundedRect(gauge, 2, 2)
            if not self._parts:
                painter.drawRoundedRect(bar, 2.5, 2.5)
                return
            self._paint_parts(painter, theme, bar)
            painter.setBrush(QColor(theme.error if self.overflows else theme.secondary))
            part = min(1.0, self._whole / self._room) if self._room else 0.0
            painter.drawRoundedRect(QRectF(0, gauge.top(), max(GAUGE, gauge.width() * part), GAUGE), 2, 2)

    @property
    def _whole(self) -> int:
        return sum(amount for amount, _ in self._parts)

    def _paint_parts(self, painter: QPainter, theme: Theme, bar: QRectF) -> None:
        room, left = bar.width() - (LEAST + GAP) * len(self._parts) + GAP, 0.0
        for amount, colour in self._parts:
            width = LEAST + room * amount / self._whole
            painter.setBrush(QColor(DATA[colour] if colour >= 0 else theme.disabled))
            painter.drawRoundedRect(QRectF(left, 0, width, bar.height()), 2.5, 2.5)
            left += width + GAP
