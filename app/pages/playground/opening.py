"""For which column is a tokenizer opened? The session reads it; the one who asked has it, and else the first column."""

from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.pages.playground.column import Column
from app.pages.playground.columns import Columns
from app.session import Session, TokenizerInfo
from app.widgets.dialogs import ask_tokenizer


class Opening(QObject):
    """Follows the session's tokenizers once it is begun."""

    wanted_new = Signal(object)
    """A TokenizerInfo for a column of its own."""
    wanted_in = Signal(object, object)
    """A Column and the TokenizerInfo that it is to have."""
    failed = Signal(object)

    def __init__(self, page: QWidget, session: Session, columns: Columns) -> None:
        super().__init__(page)
        self._page, self._session, self._columns = page, session, columns
        self._asked: deque[Column | None] = deque()
        self._begun = False
        session.tokenizer_changed.connect(self._changed)
        session.tokenizer_not_opened.connect(self._not_opened)

    def begin(self) -> None:
        """Take the current tokenizer, or the bundled one."""
        self._begun = True
        if self._session.tokenizer is not None:
            self._changed(self._session.tokenizer)
        else:
            self._session.open_bundled_tokenizer()

    def ask(self, column: Column | None = None) -> None:
        """Ask for a file, for a column or for a new one."""
        if path := ask_tokenizer(self._page.window()):
            self.open(path, column)

    def open(self, path: Path, column: Column | None = None) -> None:
        """Open a tokenizer for a column, or for a new one while there is room."""
        self._asked.append(column)
        self._session.open_tokenizer(path)

    def _changed(self, info: TokenizerInfo | None) -> None:
        """Another tokenizer is the current one: trained or opened, here or on another page."""
        if not self._begun or info is None:
            return
        self._columns.offer(self._session.tokenizers)
        columns = self._columns.all
        new = not columns or bool(self._asked) and self._asked[0] is None and not self._columns.full
        column = self._asked.popleft() if self._asked else None
        if new:
            self.wanted_new.emit(info)
        else:
            self.wanted_in.emit(column if column is not None and column in columns else columns[0], info)

    def _not_opened(self, error: BaseException) -> None:
        if self._asked:
            self._asked.popleft()
        if self._page.isVisible():
            self.failed.emit(error)
