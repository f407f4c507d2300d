"""Where is a text typed or pasted? A box that keeps it as UTF-8 bytes and tells of each edit what has changed.

Qt lays a line out as a whole, 0.1 ms a kilobyte, and where a long one has no blanks, in quadratic time unless it may
break anywhere; it takes a second and a half for 10 MB. So what is pasted goes into the box in slices while the window
lives; and of a text with a line that is too long for typing in it the box shows the beginning, which cannot be edited
until that line is broken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, QTimer, Signal
from PySide6.QtGui import QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app import fonts
from app.widgets.long_texts import (
    LONGEST_LINE,
    SLICE,
    WORD_WRAPPED,
    Bytes,
    longest_line,
    next_slice,
    one_line_end,
    with_one_line_end,
    with_shorter_lines,
)
from lmcore import figures
from lmcore.bpe.texts import to_bytes

if TYPE_CHECKING:
    from lmcore.bpe.utf16 import Places

SHOWN: Final = 2_000
PARAGRAPH: Final = "\u2029"
TOO_LONG: Final = (
    f"The text has a line of more than {figures.count(LONGEST_LINE)} bytes, too long to type in. The box shows its "
    "beginning; the tokens are those of the whole text. It can be edited once line ends are added to it."
)


class TextBox(QPlainTextEdit):
    """The text is `data`, UTF-8; `edited` comes after each change of it with what changed.

    To follow edits it needs compiled kernels, so it is to be disabled until they are there.
    """

    edited = Signal(int, int, bytes)
    """At this byte so many bytes gave way to these."""
    replaced = Signal()
    """It is another text altogether."""
    caret_moved = Signal(int, int)
    """The first byte of the selection and that behind it; both are the caret's where nothing is selected."""
    left = Signal()
    """Nothing of the text before is left."""
    adapted = Signal(str)
    """Two sentences: what is in the box is not quite what was pasted."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: Bytes = np.empty(0, np.uint8)
        self._units = 0
        self._places: Places | None = None
        self._quiet = self._excerpt = False
        self._waiting, self._filled = "", 0
        self._filling: QTextCursor | None = None
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._fill)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setFont(fonts.MONO_BODY.font())
        self.document().contentsChange.connect(self._follow)
        self.cursorPositionChanged.connect(self._tell_caret)
        self.selectionChanged.connect(self._tell_caret)

    @property
    def is_excerpt(self) -> bool:
        """Whether the box shows the beginning alone, which cannot be edited."""
        return self._excerpt

    @property
    def settled(self) -> bool:
        """Whether everything that was pasted is in the box."""
        return self._filling is None

    def set_text(self, text: str) -> None:
        """Show another text, from its beginning."""
        clean = with_one_line_end(text)
        self._begin_anew(clean)
        self._tell_ends(text, clean)

    def break_lines(self) -> None:
        """Add line ends, so that no line is too long to type in; it says how many."""
        broken, added = with_shorter_lines(self.data.tobytes().decode("utf-8", "replace"))
        self._begin_anew(broken)
        self.adapted.emit(f"{figures.count(added)} line {'end was' if added == 1 else 'ends were'} added to the text.")

    def select_bytes(self, start: int, end: int) -> None:
        """Select the characters to which these bytes belong, and show them; as far as they are in the box."""
        if not self.settled:
            return
        from lmcore.bpe.utf16 import units

        while 0 < start < len(self.data) and self.data[start] & 0xC0 == 0x80:
            start -= 1
        while end < len(self.data) and self.data[end] & 0xC0 == 0x80:
            end += 1
        cursor, last = self.textCursor(), self.document().characterCount() - 1
        first = min(units(self.data[:start]), last)
        cursor.setPosition(first)
        cursor.setPosition(min(first + units(self.data[start:end]), last), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self.isReadOnly():
            return
        pasted = source.text()
        text = with_one_line_end(pasted)
        raw = to_bytes(text)
        longest = longest_line(np.frombuffer(raw, np.uint8)) + len(to_bytes(self.textCursor().block().text()))
        too_long = longest > LONGEST_LINE
        if longest > WORD_WRAPPED:
            self._wrap(longest)
        if next_slice(text) == text and not too_long:
            self.textCursor().insertText(text)
            self.ensureCursorVisible()
        else:
            self._paste(text, raw, too_long)
        self._tell_ends(pasted, text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        wanted = fonts.MONO_BODY.font()
        if event.type() == QEvent.Type.StyleChange and self.font().pixelSize() != wanted.pixelSize():
            self.setFont(wanted)

    def _begin_anew(self, text: str) -> None:
        self._slices.stop()
        self._filling, self._places = None, None
        self.data = _encoded(text)
        longest = longest_line(self.data)
        self._excerpt = longest > LONGEST_LINE
        self._wrap(longest)
        self.setReadOnly(self._excerpt)
        with self._quietly():
            first = text[:SHOWN] if self._excerpt else next_slice(text)
            self.setPlainText(first)
        self._units = _units(text)
        if not self._excerpt and len(text) > len(first):
            self._start_filling(text[len(first) :], self.document().characterCount() - 1)
        self.left.emit()
        self.replaced.emit()
        self._tell_caret()
        if self._excerpt:
            self.adapted.emit(TOO_LONG)

    def _wrap(self, longest: int) -> None:
        modes = QTextOption.WrapMode
        wanted = modes.WrapAnywhere if longest > WORD_WRAPPED else modes.WrapAtWordBoundaryOrAnywhere
        if self.wordWrapMode() != wanted:
            self.setWordWrapMode(wanted)

    def _paste(self, text: str, raw: bytes, too_long: bool) -> None:
        """Put a large text in the place of the selection: into `data` at once, into the box little by little."""
        cursor = self.textCursor()
        place = cursor.selectionStart()
        cursor.removeSelectedText()
        whole = self._document_text()
        before = _first_units(whole, place)
        if too_long:
            self._begin_anew(before + text + whole[len(before) :])
            return
        self._units += _units(text)
        self._start_filling(text, place)
        self._change(len(to_bytes(before)), 0, raw)

    def _start_filling(self, text: str, place: int) -> None:
        self._filling, self._waiting, self._filled = QTextCursor(self.document()), text, 0
        self._filling.setPosition(place)
        self._filling.beginEditBlock()
        self._filling.endEditBlock()
        self.setReadOnly(True)
        self._slices.start()

    def _fill(self) -> None:
        assert self._filling is not None
        with self._quietly():
            self._filling.joinPreviousEditBlock()
            part = next_slice(self._waiting[self._filled : self._filled + SLICE])
            self._filling.insertText(part)
            self._filling.endEditBlock()
        self._filled += len(part)
        if self._filled == len(self._waiting):
            self._waiting = ""
            self._slices.stop()
            self._filling = None
            self.setReadOnly(False)
            self._tell_caret()

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """What changes in the box is in `data` already."""
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def _follow(self, position: int, removed: int, added: int) -> None:
        """Do with `data` what was done in the box."""
        if self._quiet:
            return
        size = self.document().characterCount() - 1
        # Qt counts the end of the document too, where the last line is concerned.
        removed, added = min(removed, self._units - position), min(added, size - position)
        inserted = self._between(position, position + added)
        span = self._span(position, removed)
        if span is None or self._units - removed + _units(inserted) != size:
            self.data, self._units, self._places = _encoded(self._document_text()), size, None
            self.replaced.emit()
            return
        self._units = size
        start, stop = span
        if stop > start or inserted:
            self._change(start, stop - start, to_bytes(inserted))

    def _tell_caret(self) -> None:
        """Not while the box has another text than `data`, which is so while it is being filled."""
        cursor = self.textCursor()
        if self._quiet or not self.settled or not self.isEnabled():
            return
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        span = self._span(start, end - start)
        if span is not None:
            self.caret_moved.emit(*span)

    def _span(self, position: int, length: int) -> tuple[int, int] | None:
        """The bytes of a stretch of the text before the edit."""
        from lmcore.bpe.utf16 import Places

        self._places = self._places or Places()
        return self._places.span(self.data, position, length)

    def _change(self, position: int, removed: int, inserted: bytes) -> None:
        from lmcore.bpe.edits import Edit, apply

        whole = removed == len(self.data)
        self.data = apply(Edit(position, removed, inserted), self.data)
        self.edited.emit(position, removed, inserted)
        if whole:
            self.left.emit()

    def _between(self, start: int, end: int) -> str:
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor.selectedText().replace(PARAGRAPH, "\n")

    def _document_text(self) -> str:
        return self.document().toRawText().replace(PARAGRAPH, "\n")

    def _tell_ends(self, pasted: str, clean: str) -> None:
        if pasted != clean:
            self.adapted.emit(one_line_end(pasted))


def _encoded(text: str) -> Bytes:
    return np.frombuffer(to_bytes(text), np.uint8)


def _units(text: str) -> int:
    """The length of a text in UTF-16 units, as Qt counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _first_units(text: str, units: int) -> str:
    """The beginning of a text, so many units long."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")
