"""How does a text leave the page? As text, with its prompt, as JSON with probabilities; the whole tree as a file.

The menu offers to open such a file as well, which is `Reopening`'s to do.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.jobs import Job
from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import SaidToken, text_of
from app.session import Session
from app.widgets.menu import Menu
from app.widgets.save_place import ask_save_place
from lmcore.errors import LmError
from lmcore.generators import after_a_turn

KIND: Final = "Conversation (*.json)"
TABLE: Final = "Table (*.csv)"


class Exporting(QObject):
    """The menu of the copy button; `conversation` says what there is to copy, `about` what is said of its model.

    What is saved is what was shown as it was asked for, whatever is shown once a place for it is chosen.

    While a text is scored, `scored` are its tokens; it is None otherwise.
    """

    failed = Signal(str)
    opening_asked = Signal()
    """Branches that were saved are wanted back."""

    def __init__(
        self,
        page: QWidget,
        session: Session,
        conversation: Callable[[], Conversation | None],
        about: Callable[[Conversation], Mapping[str, Any]],
        scored: Callable[[], Sequence[SaidToken] | None],
    ) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._conversation, self._about, self._scored = conversation, about, scored

    @property
    def anything(self) -> bool:
        """Whether there is something to copy."""
        scored = self._scored()
        return self._shown() is not None if scored is None else bool(scored)

    def offer(self, below: QWidget) -> None:
        """Open the menu below a button."""
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(below.mapToGlobal(QPoint(below.width() - menu.sizeHint().width(), below.height() + 4)))

    def menu(self) -> Menu:
        """What can be copied and saved."""
        menu = Menu(self._page)
        if self._scored() is not None:
            menu.add("Copy token by token as CSV", self.copy_scored, icon="copy")
            menu.add("Save token by token as CSV …", self._ask_scored_place, icon="save")
            return menu
        menu.add("Copy the text", self.copy_text, icon="copy")
        menu.add("Copy with the prompt", self.copy_whole, icon="copy")
        menu.add("Copy as JSON with probabilities", self.copy_json, icon="copy")
        menu.addSeparator()
        menu.add("Save all branches …", self._ask_place, icon="save")
        for action in menu.actions():
            action.setEnabled(self._shown() is not None)
        menu.add("Open saved branches …", self.opening_asked.emit, icon="folder-open")
        return menu

    def copy_text(self) -> None:
        """What the model said."""
        if self._scored() is not None:
            self.copy_scored()
        elif (found := self._shown()) is not None:
            self._copy(text_of(found.said), "Copied the text.")

    def copy_whole(self) -> None:
        """The prompt and what the model said."""
        if (found := self._shown()) is not None:
            self._copy(found.prompt + text_of(found.said), "Copied the prompt and the text.")

    def copy_json(self) -> None:
        """Token by token, with the alternatives."""
        if (found := self._shown()) is not None:
            kept = copy(found)
            self._later(lambda: keeping.shown_as_json(kept), "Copied the text as JSON with probabilities.")

    def copy_scored(self) -> None:
        """The loss of each token of a text that was scored."""
        if scored := self._scored():
            self._later(lambda: keeping.scored_as_csv(scored), "Copied the text token by token as CSV.")

    def save(self, found: Conversation, path: Path) -> None:
        """Write all branches of a prompt."""
        kept, about = copy(found), self._about(found)  # more may be said meanwhile
        self._save(path, lambda: keeping.save(path, kept, about))

    def save_scored(self, scored: Sequence[SaidToken], path: Path) -> None:
        """Write the loss of each token of a text that was scored."""
        self._save(path, lambda: keeping.save_scored(path, scored))

    def _save(self, path: Path, write: Callable[[], None]) -> None:
        job = Job(partial(after_a_turn, write))
        job.finished.connect(lambda _nothing: self._session.say(f"Saved {path}"))
        job.failed.connect(lambda error: self._not_saved(path, error))
        self._session.jobs.start(job)

    def _not_saved(self, path: Path, error: BaseException) -> None:
        if isinstance(error, LmError):
            self.failed.emit(str(error))
        elif isinstance(error, OSError):
            self.failed.emit(f"{path} cannot be written ({error.strerror}); choose another folder.")
        else:
            raise error

    def _later(self, make: Callable[[], str], words: str) -> None:
        """Copy what takes a while to be made."""
        job = Job(partial(after_a_turn, make))
        job.finished.connect(lambda text: self._copy(text, words))
        self._session.jobs.start(job)

    def _shown(self) -> Conversation | None:
        """The conversation, where it is seen and says something."""
        found = self._conversation() if self._scored() is None else None
        return found if found is not None and found.said else None

    def _copy(self, text: str, words: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._session.say(words)

    def _ask_place(self) -> None:
        found = self._shown()
        if found is not None and (path := ask_save_place(self._page, "Save all branches", "generation.json", KIND)):
            self.save(found, path)

    def _ask_scored_place(self) -> None:
        scored = self._scored()
        if scored and (path := ask_save_place(self._page, "Save token by token", "loss.csv", TABLE)):
            self.save_scored(scored, path)
