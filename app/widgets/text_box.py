"""Where is a text typed or pasted? A box that keeps it as UTF-8 bytes and tells of each edit what has changed.

Qt lays a line out as a whole, 0.1 ms a kilobyte, and where a long one has no blanks, in quadratic time unless it may
break anywhere; it takes a second and a half for 10 MB. So what is pasted is looked through and goes into the box in
slices while the window lives (`box_exchange`); and of a text with a line that is too long for typing in it the box
shows the beginning, which cannot be edited until that line is broken. Edits are undone by a history of the box's own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QEvent, QMimeData, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app import fonts
from app.widgets.box_exchange import Exchange
from app.widgets.box_intake import Intake
from app.widgets.box_keys import edit_asked, edit_menu, typed
from app.widgets.control_signs import ControlSigns, Sign
from app.widgets.long_texts import (
    LONGEST_LINE,
    SLICE,
    SLICE_LINES,
    WORD_WRAPPED,
    Bytes,
    for_qt,
    next_slice,
    one_line_end,
    with_shorter_lines,
)
from app.widgets.taken_text import Taken, taken, units_of
from app.widgets.text_history import Change, History
from lmcore import figures
from lmcore.bpe.texts import to_bytes

if TYPE_CHECKING:
    from lmcore.bpe.utf16 import Places

SHOWN: Final = 2_000
SIGNED: Final = 5
"""How many times as long a line with signs takes as one without."""
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
        self._quiet = self._excerpt = self._replaying = False
        self._history = History()
        self._exchange = Exchange(self)
        self._intake = Intake(self)
        self._intake.ended.connect(lambda: self.setReadOnly(self._excerpt))
        self._signs = ControlSigns(self)
        self._exchange.put.connect(self._signs.follow)
        self._exchange.done.connect(self._exchanged)
        self.setUndoRedoEnabled(False)
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
        return not self._exchange.running and not self._intake.running

    @property
    def can_undo(self) -> bool:
        """Whether an edit can be taken back now."""
        return self._history.can_undo and not self.isReadOnly()

    @property
    def can_redo(self) -> bool:
        """Whether one that was taken back can be done again."""
        return self._history.can_redo and not self.isReadOnly()

    def signs(self) -> Iterator[Sign]:
        """The signs of control characters that are seen."""
        return self._signs.signs()

    def set_text(self, text: str) -> None:
        """Show another text, from its beginning; a large one soon."""
        self._take_in(text, self._set)

    def _set(self, text: Taken) -> None:
        self._begin_anew(text.text, text.data, text.units, text.longest)
        self._tell_ends(text)

    def break_lines(self) -> None:
        """Add line ends, so that no line is too long to type in; it says how many."""
        broken, added = with_shorter_lines(self.data.tobytes().decode("utf-8", "replace"))
        words = f"{figures.count(added)} line {'end was' if added == 1 else 'ends were'} added to the text."

        def show(text: Taken) -> None:
            self._set(text)
            self.adapted.emit(words)

        self._take_in(broken, show)

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
        if not self.isReadOnly():
            at = QTextCursor(self.textCursor())
            self._take_in(source.text(), lambda text: self._paste(text, at))

    def undo(self) -> None:
        """Take the last edit back; a large one in the turns to come."""
        if self.can_undo:
            self._replay(self._history.undo())

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self.can_redo:
            self._replay(self._history.redo())

    def cut(self) -> None:
        """Copy what is selected and take it away."""
        if not self.isReadOnly():
            self.copy()
            self.remove_selected()

    def remove_selected(self) -> None:
        """Take away what is selected; much of it in the turns to come."""
        if not self.isReadOnly():
            self._put_in_place_of(self.textCursor(), taken(""))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        edit, text = edit_asked(event, self), typed(event)
        if edit is not None:
            edit()
        elif text is not None and not self.isReadOnly() and _length(self.textCursor()) > SLICE:
            self._put_in_place_of(self.textCursor(), taken(text))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = edit_menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def _take_in(self, text: str, use: Callable[[Taken], None]) -> None:
        """Look through a text and use it; of a large one later, and until then nothing can be edited."""
        self._intake.start(text, use)
        if self._intake.running:
            self.setReadOnly(True)

    def _paste(self, text: Taken, at: QTextCursor) -> None:
        """Put a text in the place of what is selected by `at`."""
        self.setTextCursor(at)
        longest = text.longest + len(to_bytes(at.block().text()))
        if longest > WORD_WRAPPED:
            self._wrap(longest)
        if longest > LONGEST_LINE:
            self._begin_excerpt(text)
        else:
            self._put_in_place_of(at, text)
        self._tell_ends(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        wanted = fonts.MONO_BODY.font()
        if event.type() == QEvent.Type.StyleChange and self.font().pixelSize() != wanted.pixelSize():
            self.setFont(wanted)
            self._signs.follow(0, self._document_text())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        with QPainter(self.viewport()) as painter:
            self._signs.paint(painter)

    def _begin_anew(self, text: str, data: Bytes, units: int, longest: int) -> None:
        """Show `data`, of which `text` need be no more than the beginning where it has too long a line."""
        self._exchange.stop()
        self._history.clear()
        self._places = None
        self.data = data
        self._excerpt = longest > LONGEST_LINE
        self._wrap(longest)
        self.setReadOnly(self._excerpt)
        with self._quietly():
            first = text[:SHOWN] if self._excerpt else next_slice(text, SLICE_LINES // SIGNED)
            self.setPlainText(for_qt(first))
            self._signs.follow(0, first)
        self._units = units
        if not self._excerpt and len(text) > len(first):
            self._begin_exchange(self.document().characterCount() - 1, 0, text[len(first) :])
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

    def _begin_excerpt(self, text: Taken) -> None:
        """Put a text with too long a line in the place of the selection, after which only the beginning is shown."""
        from lmcore.bpe.edits import Edit, apply

        self.textCursor().removeSelectedText()
        span = self._span(self.textCursor().position(), 0)
        start = span[0] if span is not None else len(self.data)
        data = apply(Edit(start, 0, text.data.tobytes()), self.data)
        first = data[: 4 * SHOWN].tobytes().decode("utf-8", "replace")
        self._begin_anew(first, data, self._units + text.units, text.longest + LONGEST_LINE)

    def _put_in_place_of(self, cursor: QTextCursor, text: Taken) -> None:
        """Put a text in the place of what is selected: into `data` at once, into the box in slices where it is much."""
        place, length = cursor.selectionStart(), _length(cursor)
        span = self._span(place, length)
        untold = self.document().characterCount() - 1 != self._units  # where a selection is moved with the mouse
        if span is None or untold or (length <= SLICE and next_slice(text.text) == text.text):
            cursor.insertText(for_qt(text.text))
            self.ensureCursorVisible()
            return
        self._units += text.units - length
        self._begin_exchange(place, length, text.text)
        self._change(span[0], span[1] - span[0], text.data.tobytes())

    def _begin_exchange(self, place: int, length: int, text: str) -> None:
        self.setReadOnly(True)
        self._exchange.start(place, length, text)

    def _exchanged(self) -> None:
        self.setReadOnly(self._excerpt or self._intake.running)
        self._tell_caret()

    def _replay(self, change: Change | None) -> None:
        """Let the box do a change of its history."""
        if change is None:
            return
        from lmcore.bpe.utf16 import units

        behind = change.position + len(change.removed)
        cursor = QTextCursor(self.document())
        cursor.setPosition(units(self.data[: change.position]))
        length = units(self.data[change.position : behind])
        cursor.setPosition(cursor.position() + length, QTextCursor.MoveMode.KeepAnchor)
        self._replaying = True
        try:
            self._put_in_place_of(cursor, _known(change.inserted))
        finally:
            self._replaying = False
        if not self._exchange.running:
            self.setTextCursor(cursor)

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
        if self._quiet or self._exchange.turning:
            return
        size = self.document().characterCount() - 1
        # Qt counts the end of the document too, where the last line is concerned.
        removed, added = min(removed, self._units - position), min(added, size - position)
        inserted = self._between(position, position + added)
        self._signs.follow(position, inserted)
        span = self._span(position, removed)
        if span is None or self._units - removed + units_of(inserted) != size:
            self.data, self._units, self._places = _encoded(self._document_text()), size, None
            self._history.clear()
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
        if not self._replaying:
            self._history.record(Change(position, self.data[position : position + removed].tobytes(), inserted))
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

    def _tell_ends(self, text: Taken) -> None:
        if text.ends:
            self.adapted.emit(one_line_end(text.ends))


def _encoded(text: str) -> Bytes:
    return np.frombuffer(to_bytes(text), np.uint8)


def _known(data: bytes) -> Taken:
    """A text that was in the box before: its lines need not be looked at again."""
    from lmcore.bpe.utf16 import units

    raw = np.frombuffer(data, np.uint8)
    return Taken(data.decode("utf-8", "surrogateescape"), raw, units(raw), longest=0, ends=())


def _length(cursor: QTextCursor) -> int:
    return cursor.selectionEnd() - cursor.selectionStart()
