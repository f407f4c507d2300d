"""How is a text with any bytes in it typed? A field of a few lines, in which what is no character is an object.

In its text form it gives bytes; in the other forms (hex, Python) it is a plain field and gives what was typed.
"""

from bisect import bisect_left, bisect_right
from math import ceil

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QKeySequence, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy, QTextEdit

from app import fonts
from app.theme import Theme
from app.widgets.byte_objects import FIELD, KIND, OBJECT, ByteObjects, field_parts, object_bytes, object_format
from app.widgets.glyphs import GlyphCache
from app.widgets.lines import Lines
from lmcore.text.changes import difference
from lmcore.text.lanes import Span, is_plain

LINES = 4
NEAR = 32
"""Characters of a change that are looked at; a larger one is taken for odd."""
BREAKS = frozenset("\n\u2029\0")
"""Ends of lines, and what Qt gives for the end of the text."""
ROOM = 22
"""Pixels above and below the lines, borders included."""


class BytesField(QPlainTextEdit):
    """One to four lines. It keeps no history of its own: `undo_asked` and `redo_asked` go to whoever has it."""

    bytes_edited = Signal(bytes)
    """All bytes of the field in its text form, after the user changed them."""
    text_edited = Signal(str)
    """The same for the plain forms."""
    span_selected = Signal(object)
    """A Span of bytes that the user selected in the text form, or None."""
    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._plain = False
        self._filling = False
        self._offsets: list[int] = [0]
        self._content: bytes | None = None
        self._mixed = False
        self._objects = ByteObjects(self)
        self._lines = Lines(GlyphCache(FIELD.font()).has_glyph)
        self.document().documentLayout().registerHandler(KIND, self._objects)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setFont(FIELD.font())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Text")
        self.document().contentsChange.connect(self._look_at_change)
        self.textChanged.connect(self._changed)
        self.selectionChanged.connect(self._selected)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def show_bytes(self, data: bytes) -> None:
        """Show bytes in the text form; the cursor stays at its byte."""
        if not self._plain and data == self.content():
            return
        place = self._byte_of(self.textCursor().position()) if not self._plain else 0
        if self._plain:
            self._empty()
        self._plain = False
        self._fill(data, place)

    def _empty(self) -> None:
        """Take everything away."""
        self._filling = True
        self.clear()
        self.setCurrentCharFormat(QTextCharFormat())
        self._filling = False

    def show_plain(self, text: str) -> None:
        """Show what was typed, or would be, in a plain form."""
        if self._plain and text == self.toPlainText():
            return
        self._empty()
        self._plain = True
        self._filling = True
        self.setPlainText(text)
        self._filling = False

    def content(self) -> bytes:
        """The bytes of the text form."""
        if self._content is None:
            self._content = self._read_document()
        return self._content

    def _read_document(self) -> bytes:
        found = bytearray()
        self._offsets = []
        block = self.document().begin()
        while block.isValid():
            if block.blockNumber():
                self._offsets.append(len(found))
                found += b"\n"
            fragments = block.begin()
            while not fragments.atEnd():
                fragment = fragments.fragment()
                self._read(fragment.text(), object_bytes(fragment.charFormat()), found)
                fragments += 1
            block = block.next()
        self._offsets.append(len(found))
        return bytes(found)

    def mark(self, span: Span | None) -> None:
        """Show which bytes are selected elsewhere."""
        marks = []
        if span is not None and not self._plain:
            mark = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(self._position_of(span.start))
            end = bisect_left(self._offsets, span.end)
            cursor.setPosition(min(end, len(self._offsets) - 1), QTextCursor.MoveMode.KeepAnchor)
            mark.cursor = cursor
            chosen = QTextCharFormat()
            chosen.setBackground(QColor(Theme.of(self.palette()).selection))
            mark.format = chosen
            marks.append(mark)
            if not self.hasFocus():
                cursor.setPosition(cursor.selectionStart())
                self.setTextCursor(cursor)
        self.setExtraSelections(marks)

    def _read(self, text: str, raw: bytes | None, found: bytearray) -> None:
        """Add a fragment's bytes, and where each of its positions (UTF-16 units) begins."""
        if raw is None and text.isascii():
            self._offsets += range(len(found), len(found) + len(text))
            found += text.encode()
            return
        for character in text:
            self._offsets += [len(found)] * (2 if ord(character) > 0xFFFF else 1)
            found += raw if raw is not None else character.encode("utf-8", "surrogatepass")

    def _byte_of(self, position: int) -> int:
        return self._offsets[min(position, len(self._offsets) - 1)]

    def _position_of(self, byte: int) -> int:
        return max(0, bisect_right(self._offsets, byte) - 1)

    def _fill(self, data: bytes, place: int) -> None:
        """Hold other bytes, with the cursor at one of them; what stays the same around the change is let stand."""
        self._filling = True
        start, end, new_end = self._differing(data)
        cursor = self.textCursor()
        cursor.setPosition(bisect_left(self._offsets, start))
        cursor.setPosition(bisect_left(self._offsets, end), QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self._insert(cursor, data[start:new_end])
        self.content()
        cursor.setPosition(min(bisect_left(self._offsets, place), len(self._offsets) - 1))
        self.setTextCursor(cursor)
        self._filling = False

    def _differing(self, data: bytes) -> tuple[int, int, int]:
        """Bytes from `start` to `end` give way to those of `data` from `start` to the third: all between two blanks,
        before which no grapheme is joined.
        """
        old = self.content()
        head, tail = difference(old, data)
        start = max(0, old.rfind(b" ", 0, head))
        end = old.find(b" ", len(old) - tail) if tail else -1
        end = len(old) if end < 0 else end
        return start, end, len(data) - (len(old) - end)

    def _insert(self, cursor: QTextCursor, data: bytes) -> None:
        """Put bytes in at a cursor: runs of text together, objects one by one."""
        pending: list[str] = []
        cursor.beginEditBlock()
        for part in field_parts(data, self._lines):
            if not part.raw:
                pending.append(part.text)
                continue
            cursor.insertText("".join(pending), QTextCharFormat())
            pending = []
            cursor.insertText(OBJECT, object_format(part))
        cursor.insertText("".join(pending), QTextCharFormat())
        cursor.endEditBlock()

    def _look_at_change(self, position: int, _removed: int, added: int) -> None:
        """Note whether a change lets objects and text stand as they are: not if it touches or brings what is odd."""
        self._content = None
        document = self.document()
        around = [document.characterAt(place) for place in range(max(0, position - 1), position + min(added, NEAR) + 1)]
        self._mixed = added >= NEAR or any(len(c) != 1 or not (is_plain(ord(c)) or c in BREAKS) for c in around)

    def _changed(self) -> None:
        if self._filling:
            return
        if self._plain:
            self.text_edited.emit(self.toPlainText())
            return
        data = self.content()
        if self._mixed:
            self._fill(data, self._byte_of(self.textCursor().position()))
        self.bytes_edited.emit(data)

    def _selected(self) -> None:
        if self._filling or self._plain or not self.hasFocus():
            return
        cursor = self.textCursor()
        span = Span(self._byte_of(cursor.selectionStart()), self._byte_of(cursor.selectionEnd()))
        self.span_selected.emit(span if span.start < span.end else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_asked.emit()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo_asked.emit()
        else:
            if not self.textCursor().hasSelection():
                self.setCurrentCharFormat(QTextCharFormat())  # letters typed behind an object are letters
            super().keyPressEvent(event)

    def createMimeDataFromSelection(self) -> QMimeData:  # noqa: N802 - Qt's name
        """Copy objects as their characters; malformed bytes as U+FFFD, since a clipboard holds text."""
        if self._plain:
            return super().createMimeDataFromSelection()
        cursor = self.textCursor()
        span = Span(self._byte_of(cursor.selectionStart()), self._byte_of(cursor.selectionEnd()))
        made = QMimeData()
        made.setText(self.content()[span.start : span.end].decode("utf-8", "replace"))
        return made

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        """Text alone: files dropped on the field are the window's affair."""
        return source.hasText() and not source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste text, however long: the whole goes to whoever listens, who decides what the field shows of it."""
        cursor = self.textCursor()
        if self._plain:
            cursor.insertText(source.text())
            return
        start, end = self._byte_of(cursor.selectionStart()), self._byte_of(cursor.selectionEnd())
        data, pasted = self.content(), source.text().encode("utf-8", "surrogatepass")
        self.bytes_edited.emit(data[:start] + pasted + data[end:])

    def sizeHint(self) -> QSize:
        line = QFontMetrics(self.font()).lineSpacing()
        return QSize(400, ceil(min(self._text_height(), LINES * line)) + fonts.scaled(ROOM))

    def _text_height(self) -> float:
        """The height of all lines, or of as many as there is ever room for."""
        height, block = 0.0, self.document().begin()
        while block.isValid() and block.blockNumber() < LINES:
            height += self.blockBoundingRect(block).height()
            block = block.next()
        return height

    def _fit(self) -> None:
        """Be as high as the lines, and scroll only what is higher than the field can be."""
        fits = self.document().size().height() <= LINES
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.setVerticalScrollBarPolicy(off if fits else needed)
        self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())
