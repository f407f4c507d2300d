"""How are control characters seen where text is typed? By their abbreviations, NUL and ESC, in the place of each.

The mono font has pictures of them that are four pixels high. So their own are not drawn, room for the name is left by
the spacing of letters, and the name is painted there. The text, and every place in it, stays what it was.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QTextBlock, QTextCharFormat, QTextLayout, QTextLine
from PySide6.QtWidgets import QPlainTextEdit

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS
from app.widgets.glyphs import GlyphBatch
from app.widgets.scaled_face import ScaledFace
from app.widgets.taken_text import units_of
from lmcore.text.abbreviations import ABBREVIATIONS

RUNS: Final = re.compile(r"([\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f])\1*")
MOST: Final = 300
"""Runs of one character in a line that get signs; with each, Qt takes longer to lay the line out and to paint it."""
PAD: Final = 2.0
GAP: Final = 1.0


class Sign(NamedTuple):
    """What is painted for a character, and where in the box it stands."""

    name: str
    box: QRectF


class ControlSigns:
    """The signs of one text box. It has to say where its text has changed, and to let them be painted over it."""

    def __init__(self, box: QPlainTextEdit) -> None:
        self._box = box
        self._face = ScaledFace(fonts.MONO_AXIS)

    def follow(self, position: int, text: str) -> None:
        """Make room for the signs of `text`, which has come to stand at `position`, and in the lines around it."""
        document = self._box.document()
        block, end = document.findBlock(position), position + units_of(text)
        start, changed = block.position(), False
        while block.isValid() and block.position() <= end:
            changed |= self._make_room(block)
            block = block.next() if RUNS.search(text) else _next_to(block, end)
        if changed:  # once for all lines: each time Qt looks through the whole document
            last = document.findBlock(end)
            document.markContentsDirty(start, last.position() + last.length() - start)

    def signs(self) -> Iterator[Sign]:
        """Those that are seen, from the top."""
        box, bottom = self._box, self._box.viewport().height()
        block = box.firstVisibleBlock()
        while block.isValid():
            area = box.blockBoundingGeometry(block).translated(box.contentOffset())
            if area.top() > bottom:
                return
            if block.layout().formats():
                yield from self._signs_of(block, area.topLeft(), bottom)
            block = block.next()

    def paint(self, painter: QPainter) -> None:
        """Paint them over the text."""
        theme, glyphs, batch = Theme.of(self._box.palette()), self._face.now.text, GlyphBatch()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.sunken))
        for name, box in self.signs():
            painter.drawRoundedRect(box, RADIUS, RADIUS)
            baseline = round(box.center().y() + glyphs.cap_height / 2)
            batch.add(glyphs, name, box.left() + PAD, baseline, QColor(theme.secondary))
        batch.draw(painter)

    def _make_room(self, block: QTextBlock) -> bool:
        """Whether the line has signs, or had some."""
        layout, found = block.layout(), [*islice(self._formats(block.text(), self._box.font()), MOST)]
        changed = bool(found or layout.formats())
        if changed:
            layout.setFormats(found)
        return changed

    def _formats(self, text: str, font: QFont) -> Iterator[QTextLayout.FormatRange]:
        """A format for each run of the same character, from its place in UTF-16 units on."""
        metrics, seen, place = QFontMetricsF(font), 0, 0
        for run in RUNS.finditer(text):
            place, seen = place + units_of(text[seen : run.start()]), run.start()
            made = QTextLayout.FormatRange()
            made.start, made.length = place, len(run[0])
            made.format = self._format(run[1], metrics)
            yield made

    def _format(self, character: str, metrics: QFontMetricsF) -> QTextCharFormat:
        wanted = self._face.now.text.width(ABBREVIATIONS[ord(character)]) + 2 * PAD + GAP
        made = QTextCharFormat()
        made.setForeground(Qt.GlobalColor.transparent)
        made.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
        made.setFontLetterSpacing(wanted - metrics.horizontalAdvance(character.replace("\0", "\x01")))  # of NUL it is 0
        return made

    def _signs_of(self, block: QTextBlock, corner: QPointF, bottom: int) -> Iterator[Sign]:
        text, layout = block.text(), block.layout()
        units = text.encode("utf-16-le", "surrogatepass")
        for number in range(layout.lineCount()):
            line = layout.lineAt(number)
            top = corner.y() + line.y()
            if top > bottom:
                return
            if top + line.height() < 0:
                continue
            for place in _places(layout, line):
                name = ABBREVIATIONS[int.from_bytes(units[2 * place : 2 * place + 2], "little")]
                left, right = (corner.x() + _x(line, edge) for edge in (place, place + 1))
                height = self._face.now.text.cap_height + 6
                middle = top + line.height() / 2
                yield Sign(name, QRectF(left + GAP, middle - height / 2, right - left - GAP, height))


def _next_to(block: QTextBlock, end: int) -> QTextBlock:
    """The last block that a text without signs reaches into: nothing is to be done in those between."""
    last = block.document().findBlock(end)
    return last if last.position() > block.position() else last.next()


def _x(line: QTextLine, place: int) -> float:
    found: Any = line.cursorToX(place)  # with the place; the package's types say otherwise
    return float(found[0])


def _places(layout: QTextLayout, line: QTextLine) -> Iterator[int]:
    """The places of a line that have signs."""
    first, last = line.textStart(), line.textStart() + line.textLength()
    for run in layout.formats():
        yield from range(max(first, run.start), min(last, run.start + run.length))
