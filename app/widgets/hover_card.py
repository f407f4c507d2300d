"""What is that part, exactly? A card beside the pointer: a term, its figure, its formula; over everything else."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSizeF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.pointer_card import PointerCard

PAD_X: Final = 12
PAD_Y: Final = 9
LINE: Final = 18
RADIUS: Final = 8.0
STRONG: Final = fonts.TypeStyle(12, 16, fonts.SECTION.weight)


class HoverCard(PointerCard):
    """Lines of text on the raised colour, the first in bold."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._lines: tuple[str, ...] = ()
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """What it says."""
        return self._lines

    def show_lines(self, lines: Sequence[str], beside: QPoint) -> None:
        """Show these beside a point of the window."""
        self._lines = tuple(lines)
        strong, plain = self._glyphs()
        widest = max(strong.width(lines[0]), *(plain.width(line) for line in lines[1:]), 0.0)
        self.show_beside(beside, QSizeF(widest + 2 * PAD_X, fonts.scaled(LINE) * len(lines) + 2 * PAD_Y))

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        """For the term and for what follows it, at the present text size."""
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(STRONG.font()), GlyphCache(fonts.CAPTION.font()))
        return self._kit[1:]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch, (strong, plain) = Theme.of(self.palette()), GlyphBatch(), self._glyphs()
        line = fonts.scaled(LINE)
        for place, text in enumerate(self._lines):
            cache = plain if place else strong
            baseline = PAD_Y + place * line + round((line + cache.ascent - cache.descent) / 2)
            batch.add(cache, text, PAD_X, baseline, QColor(theme.text if place < 2 else theme.secondary))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
            batch.draw(painter)
