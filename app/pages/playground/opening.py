"""For which column is a tokenizer opened? The session reads it; the one who asked has it, and else the first column."""

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.pages.playground.column import Column
from app.pages.playground.columns import Columns
from app.session import BUNDLED_NAME, Session, TokenizerInfo
from app.widgets.dialogs import ask_tokenizer


class Opening(QObject):
    """Follows the session's tokenizers once it is begun."""

    wanted_new = Signal(object)
    """A TokenizerInfo for a column of its own."""
    wanted_in = Signal(object, object)
    """A Column and the TokenizerInfo that it is to have."""
    failed = Signal(object)
    waiting_changed = Signal()
    """Something else is being read, or nothing any more."""

    def __init__(self, page: QWidget, session: Session, columns: Columns) -> None:
        super().__init__(page)
        self._page, self._session, self._columns = page, session, columns
        self._asked: deque[tuple[Column | None, str]] = deque()
        self._first = ""
        self._refused: Column | None = None  # for whom something was, that could not be opened
        self._begun = False
        session.tokenizer_changed.connect(self._changed)
        session.tokenizer_not_opened.connect(self._not_opened)

    @property
    def waiting(self) -> "list[tuple[Column | None, str]]":
        """What is being read, and for which column; None is a new one."""
        first: list[tuple[Column | None, str]] = [(None, self._first)] if self._first else []
        return [*first, *self._asked]

    def begin(self) -> None:
        """Take the current tokenizer, or the bundled one."""
        self._begun = True
        if self._session.tokenizer is not None:
            self._changed(self._session.tokenizer)
        else:
            self._first = BUNDLED_NAME
            self._session.open_bundled_tokenizer()
            self.waiting_changed.emit()

    def ask(self, column: Column | None = None) -> None:
        """Ask for a file, for a column or for a new one."""
        if path := ask_tokenizer(self._page.window()):
            self.open(path, column)

    def open(self, path: Path, column: Column | None = None, pattern: str | None = None) -> None:
        """Open a tokenizer for a column, or for a new one while there is room."""
        self._asked.append((column, path.name))
        self._session.open_tokenizer(path, pattern)
        self.waiting_changed.emit()

    def open_again(self, path: Path, pattern: str) -> None:
        """Open what could not be opened without a pattern, for whom it was to be."""
        self.open(path, self._refused, pattern)

    def _changed(self, info: TokenizerInfo | None) -> None:
        """Another tokenizer is the current one: trained or opened, here or on another page."""
        if not self._begun or info is None:
            return
        self._columns.offer(self._session.tokenizers)
        columns = self._columns.all
        new = not columns or bool(self._asked) and self._asked[0][0] is None and not self._columns.full
        column = self._taken()
        if new:
            self.wanted_new.emit(info)
        else:
            self.wanted_in.emit(column if column is not None and column in columns else columns[0], info)
        self.waiting_changed.emit()

    def _taken(self) -> Column | None:
        """For which column was what has been read? None for a new one, or where the page did not ask."""
        if self._first:
            self._first = ""
            return None
        return self._asked.popleft()[0] if self._asked else None

    def _not_opened(self, error: BaseException) -> None:
        self._refused = self._taken()
        self.waiting_changed.emit()
        if self._page.isVisible():
            self.failed.emit(error)
