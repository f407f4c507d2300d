"""How does a text box take or give up megabytes while the window lives? A slice in each turn of the event loop.

Qt takes 1.5 s to put in 10 MB and a tenth of that to take them away. How much goes in a turn follows from how long the
last one took, since a letter of some scripts costs ten times as much as one of others.
"""

from time import perf_counter
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from app.widgets.control_signs import RUNS
from app.widgets.long_texts import SLICE, for_qt, next_slice

_TURN: Final = 0.012  # seconds that a turn should take at most
_FIRST: Final = 20_000  # characters in the first turn, before it is known how slow they are
_LEAST: Final = 4_000  # characters in a turn, however slow they are
_A_LINE: Final = 20  # characters that cost as much as a line's end
_SIGNED: Final = 5  # times as long takes a line with signs


class Exchange(QObject):
    """Exchanges a stretch of the box's text for another; the box must not be edited meanwhile."""

    put = Signal(int, str)
    """A piece of text has come to stand at this place, in UTF-16 units."""
    done = Signal()

    def __init__(self, box: QPlainTextEdit) -> None:
        super().__init__(box)
        self._box = box
        self._size = _FIRST
        self._from, self._left = 0, 0
        self._waiting, self._filled = "", 0
        self._cursor: QTextCursor | None = None
        self._turning = False
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._turn)

    @property
    def running(self) -> bool:
        """Whether something is still to be exchanged."""
        return self._cursor is not None

    @property
    def turning(self) -> bool:
        """Whether the box's text changes just now because of it."""
        return self._turning

    def start(self, place: int, removed: int, text: str) -> None:
        """Exchange `removed` UTF-16 units at `place` for `text`."""
        self._from, self._left = place, removed
        self._waiting, self._filled, self._size = text, 0, _FIRST
        self._cursor = QTextCursor(self._box.document())
        self._turns.start()

    def stop(self) -> None:
        """Leave it as it is: the text becomes another one."""
        self._turns.stop()
        self._cursor, self._waiting = None, ""

    def _turn(self) -> None:
        began = perf_counter()
        assert self._cursor is not None
        self._turning = True
        try:
            if self._left:
                self._take_away(self._cursor)
            else:
                self._add(self._cursor)
        finally:
            self._turning = False
        self._pace(perf_counter() - began)
        if not self._left and self._filled == len(self._waiting):
            self.stop()
            self.done.emit()

    def _take_away(self, cursor: QTextCursor) -> None:
        """From the end, so that what is before keeps its place."""
        number = min(self._left, self._size)
        cursor.setPosition(self._from + self._left - number)
        cursor.setPosition(self._from + self._left, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self._left -= number

    def _add(self, cursor: QTextCursor) -> None:
        if not self._filled:
            cursor.setPosition(self._from)
        part = self._waiting[self._filled : self._filled + self._size]
        part = next_slice(part, max(1, self._size // _A_LINE // (_SIGNED if RUNS.search(part) else 1)))
        place = cursor.position()
        cursor.insertText(for_qt(part))
        self.put.emit(place, part)
        self._filled += len(part)

    def _pace(self, seconds: float) -> None:
        if seconds > _TURN:
            self._size = max(_LEAST, round(self._size * _TURN / seconds))
        elif seconds < _TURN / 3:
            self._size = min(2 * SLICE, 2 * self._size)
