"""Which of up to four things is this? A sign of its own shape and colour, the same beside its name and in charts."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from app.theme import DATA

COLOURS: Final = (DATA[1], DATA[0], DATA[2], DATA[3])
NAMES: Final = ("circle", "square", "triangle", "diamond")
SIZE: Final = 10


class SeriesMark(QWidget):
    """The sign of series `number`, from 0."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.setFixedSize(SIZE + 2, SIZE + 2)

    def set_number(self, number: int) -> None:
        """Be another series' sign."""
        self._number = number
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(SIZE + 2, SIZE + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_mark(painter, QRectF(self.rect()).center(), self._number)


def paint_mark(painter: QPainter, at: QPointF, number: int, size: float = SIZE) -> None:
    """Paint the sign of series `number` around a point."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(COLOURS[number]))
    half, x, y = size / 2, at.x(), at.y()
    if number == 0:
        painter.drawEllipse(at, half, half)
    elif number == 1:
        painter.drawRect(QRectF(x - half, y - half, size, size))
    elif number == 2:
        painter.drawPolygon(QPolygonF([QPointF(x, y - half), QPointF(x + half, y + half), QPointF(x - half, y + half)]))
    else:
        corners = [QPointF(x, y - half), QPointF(x + half, y), QPointF(x, y + half), QPointF(x - half, y)]
        painter.drawPolygon(QPolygonF(corners))
