"""How far is it? A bar of 4 pixels: in the accent while it works, grey while it stops, green when it is done."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme

Tone = Literal["running", "idle", "done", "failed"]


class ProgressLine(QWidget):
    """A thin bar filled to `fraction` (0 to 1); None draws an empty track, where nothing is known."""

    def __init__(self, name: str = "progress") -> None:
        super().__init__()
        self._name = name
        self._fraction: float | None = None
        self._tone: Tone = "running"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    @property
    def fraction(self) -> float | None:
        """What is shown."""
        return self._fraction

    def show_fraction(self, fraction: float | None, tone: Tone = "running") -> None:
        """Draw `fraction`, cut to 0 and 1."""
        self._fraction = None if fraction is None else min(1.0, max(0.0, fraction))
        self._tone = tone
        percent = "not known" if self._fraction is None else f"{self._fraction:.0%}"
        self.setAccessibleName(f"{self._name}: {percent}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 4)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        fills = {"running": theme.accent, "idle": theme.disabled, "done": theme.success, "failed": theme.error}
        bar = QRectF(self.rect())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.border))
            painter.drawRoundedRect(bar, 2, 2)
            if self._fraction:
                bar.setWidth(max(4.0, bar.width() * self._fraction))
                painter.setBrush(QColor(fills[self._tone]))
                painter.drawRoundedRect(bar, 2, 2)
