"""Which bytes is a token made of, and which characters are those? Two lines a byte: hex, and its character below.

A character of several bytes stands in the middle below all of them; a byte of no whole character has none.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch
from app.widgets.scaled_face import ScaledFace
from lmcore.bpe.display import cells, characters

LEAST: Final = 17
MOST: Final = 24
HEX_LINE: Final = 18
CELL: Final = 35
PITCH: Final = 39
SHOWN: Final = 256
OPEN_BOX: Final = "\u2423"


class Place(NamedTuple):
    """A character and the bytes it takes; `text` is "" for a byte of no whole character."""

    text: str
    start: int
    size: int


class ByteStrip(QWidget):
    """The bytes of a token, in as many lines as they need; the pointer at one tells its value."""

    def __init__(self) -> None:
        super().__init__()
        self._token = b""
        self._face = ScaledFace(fonts.MONO_TABLE)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_bytes(self, token: bytes) -> None:
        """Show these, at most the first `SHOWN`."""
        self._token = token[:SHOWN]
        self.setAccessibleName(f"Bytes: {self._token.hex(' ').upper()}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(LEAST * 12), self.heightForWidth(fonts.scaled(LEAST * 17)))

    def minimumSizeHint(self) -> QSize:
        return QSize(fonts.scaled(LEAST * 4), fonts.scaled(CELL))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = -(-len(self._token) // self._per_line(width))
        return fonts.scaled(CELL) + max(0, lines - 1) * fonts.scaled(PITCH)

    def _per_line(self, width: int) -> int:
        return max(1, width // fonts.scaled(LEAST))

    def _box(self, place: int) -> QRectF:
        """Where a byte is drawn."""
        per_line = self._per_line(self.width())
        step = min(fonts.scaled(MOST), self.width() / min(per_line, max(1, len(self._token))))
        line, column = divmod(place, per_line)
        left, right = round(column * step), round((column + 1) * step)
        return QRectF(left, line * fonts.scaled(PITCH), right - left - 1, fonts.scaled(CELL))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, face, batch = Theme.of(self.palette()), self._face.now, GlyphBatch()
        ink, quiet = QColor(theme.text), QColor(theme.secondary)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.sunken))
            for place, byte in enumerate(self._token):
                box = self._box(place)
                painter.drawRoundedRect(box, 3, 3)
                text = f"{byte:02X}"
                x = box.center().x() - face.hex.width(text) / 2
                batch.add(face.hex, text, x, box.top() + fonts.scaled(HEX_LINE) - fonts.scaled(5), ink)
            for character in self._characters():
                box = self._box(character.start).united(self._box(character.start + character.size - 1))
                if box.height() > fonts.scaled(CELL):  # divided by the end of a line: below its first byte
                    box = self._box(character.start)
                x = box.center().x() - face.text.width(character.text) / 2
                colour = ink if character.text.isalnum() else quiet
                batch.add(face.text, character.text, x, box.top() + fonts.scaled(29), colour)
            batch.draw(painter)

    def _characters(self) -> Iterator[Place]:
        """The characters that can be shown as such."""
        found = list(characters(self._token))
        starts = accumulate((len(raw) for _, raw in found), initial=0)
        has_glyph = self._face.now.text.has_glyph
        for (character, raw), start in zip(found, starts, strict=False):
            if character == " " and has_glyph(OPEN_BOX):
                yield Place(OPEN_BOX, start, 1)
            elif character is not None:
                shown = cells(raw, dots=True, has_glyph=has_glyph)
                if len(shown) == 1 and shown[0].kind != "hex":
                    yield Place(shown[0].text, start, len(raw))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.tooltip_at(event.pos()), self)
            return True
        return super().event(event)

    def tooltip_at(self, point: QPoint) -> str:
        """What is told of the byte below a point, or nothing."""
        for place, byte in enumerate(self._token):
            if self._box(place).contains(point):
                return f"byte {place + 1}: 0x{byte:02X} = {byte} = {byte:08b} in bits"
        return ""
