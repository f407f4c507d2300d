"""How is a value dragged? A track of 4 pixels with a handle of 14; a click on the track puts the handle there."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

from app.theme import Theme
from app.widgets.wheel import wheel_is_meant

TRACK = 4
HANDLE = 14
RIM = 1.5
ROOM = 2
"""Pixels beside the handle at both ends, for the focus ring."""


class Slider(QSlider):
    """A horizontal slider; keys, steps and signals are Qt's. `name` is read to those who do not see it."""

    def __init__(self, name: str, low: int = 0, high: int = 100) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(low, high)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(120, HANDLE + 2 * ROOM)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, HANDLE + 2 * ROOM)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._go_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._go_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if wheel_is_meant(self, event):
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        middle = self.height() / 2
        handle = self._handle_centre()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.border))
            painter.drawRoundedRect(QRectF(0, middle - TRACK / 2, self.width(), TRACK), 2, 2)
            painter.setBrush(QColor(theme.accent if self.isEnabled() else theme.disabled))
            painter.drawRoundedRect(QRectF(0, middle - TRACK / 2, handle, TRACK), 2, 2)
            self._paint_handle(painter, theme, handle, middle)

    def _paint_handle(self, painter: QPainter, theme: Theme, x: float, y: float) -> None:
        painter.setBrush(QColor(theme.raised))
        painter.setPen(QPen(QColor(theme.accent if self.isEnabled() else theme.control), RIM))
        radius = (HANDLE - RIM) / 2
        painter.drawEllipse(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))
        by_mouse = self.isSliderDown() or QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        if self.hasFocus() and not by_mouse:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawEllipse(QRectF(x - 8, y - 8, 16, 16))

    def _handle_centre(self) -> float:
        span = self.maximum() - self.minimum()
        part = (self.sliderPosition() - self.minimum()) / span if span else 0.0
        return self._margin() + part * (self.width() - 2 * self._margin())

    def _go_to(self, x: float) -> None:
        part = (x - self._margin()) / max(1.0, self.width() - 2 * self._margin())
        self.setSliderPosition(round(self.minimum() + min(1.0, max(0.0, part)) * (self.maximum() - self.minimum())))

    @staticmethod
    def _margin() -> float:
        return HANDLE / 2 + ROOM
