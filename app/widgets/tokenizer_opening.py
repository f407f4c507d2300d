"""How does a page open a tokenizer? It asks for the file, and says in its strips what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.session import Session, TokenizerInfo
from app.widgets.choice import Choice
from app.widgets.dialogs import ask_tokenizer
from app.widgets.messages import Messages
from lmcore import figures
from lmcore.bpe.patterns import published_patterns
from lmcore.errors import LmError, UnknownPatternError

CHOOSE: Final = "Choose the pattern …"


class TokenizerOpening(QObject):
    """Opens tokenizers for `page`. The session reads them; only the page that is seen speaks of it."""

    def __init__(self, page: QWidget, session: Session, messages: Messages) -> None:
        super().__init__(page)
        self._page, self._session, self._messages = page, session, messages
        session.tokenizer_opened.connect(self._opened)
        session.tokenizer_not_opened.connect(self._not_opened)

    def ask(self) -> None:
        """Open what the user chooses, if anything."""
        if path := ask_tokenizer(self._page.window()):
            self.open(path)

    def open(self, path: Path) -> None:
        """Make the tokenizer in a file or folder the current one."""
        self._messages.clear()
        self._session.open_tokenizer(path)

    def _opened(self, info: TokenizerInfo) -> None:
        if self._page.isVisible():
            size = figures.count(info.vocab_size)
            self._messages.tell("success", f"{info.name} is the current tokenizer. It has {size} tokens.")

    def _not_opened(self, error: BaseException) -> None:
        """What the user can mend is said here; the rest is the error reporter's."""
        if not self._page.isVisible():
            return
        if not isinstance(error, LmError):
            raise error
        tell_error(self._messages, error, self._open_with)

    def _open_with(self, path: Path, pattern: str) -> None:
        self._messages.clear()
        self._session.open_tokenizer(path, pattern)


def tell_error(messages: Messages, error: LmError, open_with: Callable[[Path, str], object]) -> None:
    """Say why something could not be done; where a tokenizer's pattern is not known, offer those that are.

    The one that is chosen goes to `open_with`, with the file.
    """
    path = error.path if isinstance(error, UnknownPatternError) else None
    if path is None:
        messages.tell("error", str(error))
        return
    chooser = Choice("Pattern", [CHOOSE, *published_patterns()])
    chooser.activated.connect(lambda place: place and open_with(path, chooser.itemText(place)))
    messages.tell("error", str(error), inputs=[chooser])
