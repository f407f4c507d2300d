"""How are a few counts shown in one line? Figures in bold, each with its noun; other figures only repaint.

Only a line that becomes longer than ever asks for more room, so that counts can follow every key stroke.
"""

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch, GlyphCache

SPACE = 17
BOLD = fonts.TypeStyle(12, 16, QFont.Weight.DemiBold)


class Figures(QWidget):
    """Pairs of a figure and a noun."""

    def __init__(self) -> None:
        super().__init__()
        self._pairs: tuple[tuple[str, str], ...] = ()
        self._room = 0
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Show other figures."""
        if tuple(pairs) == self._pairs:
            return
        self._pairs = tuple(pairs)
        self.setAccessibleName(", ".join(f"{figure} {noun}" for figure, noun in pairs))
        width = self._width()
        if not width <= self._room <= width + 4 * SPACE:
            self._room = width
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._room, fonts.scaled(fonts.CAPTION.line))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        """For figures and for nouns, at the present text size."""
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(BOLD.font()), GlyphCache(fonts.CAPTION.font()))
        return self._kit[1:]

    def _width(self) -> int:
        bold, plain = self._glyphs()
        widths = [bold.width(figure) + plain.width(f" {noun}") for figure, noun in self._pairs]
        return ceil(sum(widths) + SPACE * max(0, len(widths) - 1))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch, (bold, plain) = Theme.of(self.palette()), GlyphBatch(), self._glyphs()
        x, baseline = 0.0, round((self.height() + plain.ascent - plain.descent) / 2)
        for figure, noun in self._pairs:
            batch.add(bold, figure, round(x), baseline, QColor(theme.text))
            batch.add(plain, f" {noun}", round(x + bold.width(figure)), baseline, QColor(theme.secondary))
            x += bold.width(figure) + plain.width(f" {noun}") + SPACE
        with QPainter(self) as painter:
            batch.draw(painter)
