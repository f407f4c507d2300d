"""How does a piece of text become glyphs, once, so that hundreds of pieces are drawn in a millisecond?

Shaping a string costs far more than drawing it, and each call of the painter costs as much as many glyphs. So strings
are shaped once a font, and the glyphs of a whole picture are drawn with one call for each font and colour.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGlyphRun, QPainter, QRawFont, QTextLayout, QTextOption

FontKey = tuple[str, str, float]
KEPT: Final = 50_000
"""Strings that a cache holds: figures that follow a slider are seldom the same twice."""


class GlyphRow(NamedTuple):
    """Glyphs of one font; places are in pixels from the start of the text and from its baseline."""

    font: FontKey
    glyphs: list[int]
    places: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A shaped text: its advance width in pixels and its glyphs."""

    width: float
    rows: tuple[GlyphRow, ...]


class GlyphCache:
    """Shapes strings with one font, and with those that the system puts in its place, and keeps the result."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self.cap_height = self._metrics.capHeight()
        self.ascent, self.descent = self._metrics.ascent(), self._metrics.descent()
        self.raw_fonts: dict[FontKey, QRawFont] = {}
        self._shaped: dict[str, Shaped] = {}
        self._drawable: dict[str, bool] = {}

    def shape(self, text: str) -> Shaped:
        """The text as glyphs, written from left to right as a whole whatever its script."""
        shaped = self._shaped.get(text)
        if shaped is None:
            if len(self._shaped) >= KEPT:
                self._shaped.clear()
            shaped = self._shaped[text] = self._shape(text)
        return shaped

    def width(self, text: str) -> float:
        """The advance width in pixels."""
        return self.shape(text).width

    def has_glyph(self, character: str) -> bool:
        """Whether some font of this system can draw the character."""
        known = self._drawable.get(character)
        if known is None:
            # Asked of the metrics: to shape a character of a script without a font makes Qt complain, and its
            # glyphs have no font.
            known = self._drawable[character] = self._metrics.inFontUcs4(ord(character))
        return known

    def _shape(self, text: str) -> Shaped:
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setFlags(QTextOption.Flag.IncludeTrailingSpaces)
        layout = QTextLayout(text, self.font)
        layout.setTextOption(option)
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        rows = tuple(self._row(run, line.ascent()) for run in layout.glyphRuns())
        return Shaped(line.naturalTextWidth(), rows)

    def _row(self, run: QGlyphRun, baseline: float) -> GlyphRow:
        raw = run.rawFont()
        key = (raw.familyName(), raw.styleName(), raw.pixelSize())
        self.raw_fonts.setdefault(key, raw)
        return GlyphRow(key, run.glyphIndexes(), [(place.x(), place.y() - baseline) for place in run.positions()])


class GlyphBatch:
    """Texts to be drawn together: add them all, then draw once."""

    def __init__(self) -> None:
        self._fonts: dict[FontKey, QRawFont] = {}
        self._rows: dict[tuple[FontKey, int], tuple[list[int], list[QPointF]]] = {}

    def add(self, cache: GlyphCache, text: str, x: float, baseline: float, color: QColor) -> None:
        """Put a text at `x` on a baseline."""
        for row in cache.shape(text).rows:
            key = (row.font, color.rgba())
            found = self._rows.get(key)
            if found is None:
                found = self._rows[key] = ([], [])
                self._fonts[row.font] = cache.raw_fonts[row.font]
            found[0].extend(row.glyphs)
            found[1].extend([QPointF(x + dx, baseline + dy) for dx, dy in row.places])

    def draw(self, painter: QPainter) -> None:
        """Draw all that was added."""
        for (font, rgba), (glyphs, places) in self._rows.items():
            run = QGlyphRun()
            run.setRawFont(self._fonts[font])
            run.setGlyphIndexes(glyphs)
            run.setPositions(places)
            painter.setPen(QColor.fromRgba(rgba))
            painter.drawGlyphRun(QPointF(), run)
