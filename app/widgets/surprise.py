"""How surprising is a token? Five steps by its probability, and the legend that says what their colours mean."""

from bisect import bisect_right
from typing import Final

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme

STEPS: Final = (0.5, 0.2, 0.05, 0.01)
"""Probabilities at which a step ends; below the last is the most surprising one."""
_RISING: Final = STEPS[::-1]
SQUARE_WIDTH, SQUARE_HEIGHT, GAP = 21, 12, 2
BETWEEN: Final = 6
TOLD: Final = (
    "A token's colour says how probable the model found it: at least 50 %, at least 20 %, at least 5 %, at least 1 %, "
    "or less. The figure is in the card of each token."
)


def level_of(probability: float) -> int:
    """A step from 0 (certain) to 4 (surprising): level_of(0.3) -> 1."""
    return len(STEPS) - bisect_right(_RISING, probability)


class SurpriseLegend(QWidget):
    """The five colours between the words "certain" and "surprising"."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Colours: certain to surprising")
        self.setToolTip(TOLD)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(fonts.CAPTION.font())
        words = metrics.horizontalAdvance("certain") + metrics.horizontalAdvance("surprising")
        return QSize(words + 2 * BETWEEN + 5 * (SQUARE_WIDTH + GAP), fonts.scaled(fonts.CAPTION.line))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, font = Theme.of(self.palette()), fonts.CAPTION.font()
        metrics = QFontMetrics(font)
        middle = self.height() / 2
        baseline = round(middle + metrics.capHeight() / 2)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(font)
            painter.setPen(QColor(theme.secondary))
            painter.drawText(0, baseline, "certain")
            x = metrics.horizontalAdvance("certain") + BETWEEN
            painter.setPen(QPen(QColor(theme.border), 1))
            for colour in theme.surprise:
                painter.setBrush(QColor(colour))
                box = QRectF(x + 0.5, round(middle - SQUARE_HEIGHT / 2) + 0.5, SQUARE_WIDTH - 1, SQUARE_HEIGHT - 1)
                painter.drawRoundedRect(box, 2, 2)
                x += SQUARE_WIDTH + GAP
            painter.setPen(QColor(theme.secondary))
            painter.drawText(x + BETWEEN - GAP, baseline, "surprising")
