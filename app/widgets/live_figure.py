"""How is a figure shown that changes with every key stroke? Large, its name below; to change it only paints it."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme


class LiveFigure(QWidget):
    """A figure and its name. Other words repaint it; only a figure that is wider than any before lays it out anew."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._figure, self._widest = name, "", ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    @property
    def text(self) -> str:
        """The figure as it is written."""
        return self._figure

    def set_text(self, figure: str) -> None:
        """Show another figure."""
        if figure == self._figure:
            return
        self._figure = figure
        self.setAccessibleName(f"{figure} {self._name}")
        if len(figure) > len(self._widest):
            self._widest = "0" * len(figure)
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        figure = QFontMetrics(fonts.FIGURE.font()).horizontalAdvance(self._widest)
        name = QFontMetrics(fonts.CAPTION.font()).horizontalAdvance(self._name)
        return QSize(max(figure, name) + 2, fonts.scaled(fonts.FIGURE.line) + fonts.scaled(fonts.CAPTION.line))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, line = Theme.of(self.palette()), fonts.scaled(fonts.FIGURE.line)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        with QPainter(self) as painter:
            painter.setFont(fonts.FIGURE.font())
            painter.setPen(QColor(theme.text))
            painter.drawText(QRectF(0, 0, self.width(), line), left, self._figure)
            painter.setFont(fonts.CAPTION.font())
            painter.setPen(QColor(theme.secondary))
            painter.drawText(QRectF(0, line, self.width(), self.height() - line), left, self._name)
