"""How does a whole divide? One bar in parts, each as long as its share; figures stand beside it, not in it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import DATA
from lmcore import figures

HEIGHT: Final = 20
GAP: Final = 2
LEAST: Final = 3.0
"""Pixels of a part that is there at all."""


class ShareBar(QWidget):
    """Parts in data colours, given as name, amount and the number of the colour."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._parts: tuple[tuple[str, int, int], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def show_parts(self, parts: Sequence[tuple[str, int, int]]) -> None:
        """Show these, from left to right."""
        self._parts = tuple(parts)
        words = ", ".join(f"{name} {figures.count(amount)}" for name, amount, _ in parts)
        self.setAccessibleName(f"{self._name}: {words}")
        self.setToolTip(words)
        self.update()

    def boxes(self) -> list[QRectF]:
        """Where the parts are drawn; those of nothing are empty."""
        there = [amount for _, amount, _ in self._parts if amount]
        room = self.width() - GAP * (len(there) - 1) - LEAST * len(there)
        total, left, found = sum(there), 0.0, []
        for _, amount, _ in self._parts:
            width = LEAST + room * amount / total if amount else 0.0
            found.append(QRectF(round(left), 0, round(left + width) - round(left), self.height()))
            left += width + GAP if amount else 0.0
        return found

    def sizeHint(self) -> QSize:
        return QSize(240, fonts.scaled(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, fonts.scaled(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for (_, amount, colour), box in zip(self._parts, self.boxes(), strict=True):
                if amount:
                    painter.setBrush(QColor(DATA[colour]))
                    painter.drawRoundedRect(box, 2.5, 2.5)
