"""How does a text field hold what is no character? As inline objects that carry their bytes and paint a sign.

Malformed bytes and characters that cannot be seen, or that would rearrange a line, never reach the field as text.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from PySide6.QtCore import QByteArray, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPyTextObject, QTextCharFormat, QTextDocument, QTextFormat
from PySide6.QtWidgets import QWidget

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.lines import REPLACEMENT, Lines
from lmcore.text.lanes import lanes

KIND: Final = int(QTextFormat.ObjectTypes.UserObject) + 1
BYTES: Final = int(QTextFormat.Property.UserProperty) + 1
SIGN: Final = int(QTextFormat.Property.UserProperty) + 2
OBJECT: Final = "\ufffc"
FIELD: Final = fonts.TypeStyle(17, 24, family=fonts.MONO)
PAD: Final = 2.0
KEPT: Final = frozenset(" \t\n")


class FieldPart(NamedTuple):
    """A stretch of text, or the bytes of one object and the sign that stands for them."""

    text: str
    raw: bytes = b""


def field_parts(data: bytes, lines: Lines) -> Iterator[FieldPart]:
    """Bytes as what a field shows."""
    for cluster in lanes(data).clusters:
        raw = data[cluster.start : cluster.end]
        if cluster.text is None:
            yield FieldPart(REPLACEMENT, raw)
        elif cluster.text in KEPT or _is_text(cluster.text, lines):
            yield FieldPart(cluster.text)
        else:
            for character in cluster.text:
                yield _part(character, lines)


def _part(character: str, lines: Lines) -> FieldPart:
    if character in KEPT or _is_text(character, lines):
        return FieldPart(character)
    return FieldPart("".join(piece.text for piece in lines.grapheme(character)), character.encode())


def _is_text(grapheme: str, lines: Lines) -> bool:
    """Whether the lanes draw it as it is: then the field may, too."""
    line = lines.grapheme(grapheme)
    return line[0].face == "grapheme" and line[0].text == grapheme and grapheme != OBJECT


def object_format(part: FieldPart) -> QTextCharFormat:
    """The format of the one character that stands for an object."""
    made = QTextCharFormat()
    made.setObjectType(KIND)
    made.setProperty(BYTES, QByteArray(part.raw))
    made.setProperty(SIGN, part.text)
    return made


def object_bytes(text_format: QTextCharFormat) -> bytes | None:
    """The bytes of an object; None for text."""
    if text_format.objectType() != KIND:
        return None
    value = text_format.property(BYTES)
    return bytes(value.data()) if isinstance(value, QByteArray) else bytes(value)


class ByteObjects(QPyTextObject):
    """Paints the objects of one field: U+FFFD for malformed bytes, a picture or a code for the others."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        self._field = field
        self._caches: dict[tuple[bool, float], GlyphCache] = {}

    def intrinsicSize(self, _doc: QTextDocument, _place: int, text_format: QTextFormat) -> QSizeF:  # noqa: N802 - Qt's
        """The size of an object's sign."""
        sign = str(text_format.property(SIGN))
        cache = self._cache(sign)
        return QSizeF(cache.width(sign) + 2 * PAD, self._text().ascent)

    def drawObject(  # noqa: N802 - Qt's name
        self, painter: QPainter, rect: QRectF | QRect, _doc: QTextDocument, _place: int, text_format: QTextFormat
    ) -> None:
        """Paint an object's sign."""
        theme, sign = Theme.of(self._field.palette()), str(text_format.property(SIGN))
        bad = sign == REPLACEMENT and object_bytes(text_format.toCharFormat()) != REPLACEMENT.encode()
        text, cache, batch = self._text(), self._cache(sign), GlyphBatch()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.error_fill if bad else theme.sunken))
        box = QRectF(rect)
        painter.drawRoundedRect(box.adjusted(0.5, 0, -0.5, text.descent), 3, 3)
        ink = QColor(theme.error if bad else theme.secondary)
        batch.add(cache, sign, box.left() + PAD, box.bottom(), ink)
        batch.draw(painter)
        painter.restore()

    def _text(self) -> GlyphCache:
        return self._of(long=False)

    def _cache(self, sign: str) -> GlyphCache:
        return self._of(long=len(sign) > 1)

    def _of(self, *, long: bool) -> GlyphCache:
        key = (long, fonts.factor())
        if key not in self._caches:
            self._caches[key] = GlyphCache((fonts.MONO_AXIS if long else FIELD).font())
        return self._caches[key]
