"""How is a figure shown together with what it means? Large, two quiet lines below it, its formula on hover.

Other words only repaint it, so that it can follow every move of a slider.
"""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme

SIDE: Final = 24
TOP: Final = 14
LEAST: Final = 130


class FigureCell(QWidget):
    """A figure of up to a dozen characters with two lines of words, and more in the tooltip."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._figure, self._lines = "", ("", "")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def figure(self) -> str:
        """The figure as it is written."""
        return self._figure

    @property
    def lines(self) -> tuple[str, str]:
        """The words below it."""
        return self._lines

    def show_figure(self, figure: str, lines: tuple[str, str], told: str = "") -> None:
        """Show another figure; `told` is its tooltip."""
        if (figure, lines) != (self._figure, self._lines):
            self._figure, self._lines = figure, lines
            self.setAccessibleDescription(f"{figure}, {lines[0]} {lines[1]}")
            self.update()
        if told != self.toolTip():
            self.setToolTip(told)

    def sizeHint(self) -> QSize:
        lines = fonts.scaled(fonts.FIGURE.line) + 2 * fonts.scaled(fonts.CAPTION.line)
        return QSize(fonts.scaled(LEAST) + SIDE, lines + 2 * TOP)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, width = Theme.of(self.palette()), self.width() - SIDE - 4
        line = fonts.scaled(fonts.CAPTION.line)
        top = float(TOP)
        with QPainter(self) as painter:
            painter.setFont(self._figure_font(width))
            painter.setPen(QColor(theme.text))
            self._write(painter, self._figure, top, fonts.scaled(fonts.FIGURE.line), width)
            top += fonts.scaled(fonts.FIGURE.line)
            painter.setFont(fonts.CAPTION.font())
            painter.setPen(QColor(theme.secondary))
            for text in self._lines:
                self._write(painter, text, top, line, width)
                top += line

    def _figure_font(self, width: float) -> QFont:
        """The large one, or a smaller where a long figure has no room."""
        fits = QFontMetricsF(fonts.FIGURE.font()).horizontalAdvance(self._figure) <= width
        return (fonts.FIGURE if fits else fonts.SECTION).font()

    def _write(self, painter: QPainter, text: str, top: float, height: float, width: float) -> None:
        shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(SIDE, top, width + 1, height), Qt.AlignmentFlag.AlignVCenter, shown)
