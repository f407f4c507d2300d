"""How does a text leave the page? As text, with its prompt, as JSON with probabilities; the whole tree as a file.

The menu offers to open such a file as well, which is `Reopening`'s to do.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.tokens import text_of
from app.session import Session
from app.widgets.menu import Menu
from lmcore.errors import LmError

KIND: Final = "Conversation (*.json)"


class Exporting(QObject):
    """The menu of the copy button; `conversation` says what there is to copy, `about` what is said of its model."""

    failed = Signal(str)
    opening_asked = Signal()
    """Branches that were saved are wanted back."""

    def __init__(
        self,
        page: QWidget,
        session: Session,
        conversation: Callable[[], Conversation | None],
        about: Callable[[], Mapping[str, Any]],
    ) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._conversation, self._about = conversation, about

    def offer(self, below: QWidget) -> None:
        """Open the menu below a button."""
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(below.mapToGlobal(QPoint(below.width() - menu.sizeHint().width(), below.height() + 4)))

    def menu(self) -> Menu:
        """What can be copied and saved."""
        menu = Menu(self._page)
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
        if (found := self._shown()) is not None:
            self._copy(text_of(found.said), "Copied the text.")

    def copy_whole(self) -> None:
        """The prompt and what the model said."""
        if (found := self._shown()) is not None:
            self._copy(found.prompt + text_of(found.said), "Copied the prompt and the text.")

    def copy_json(self) -> None:
        """Token by token, with the alternatives."""
        if (found := self._shown()) is not None:
            self._copy(keeping.shown_as_json(found), "Copied the text as JSON with probabilities.")

    def save(self, path: Path) -> None:
        """Write all branches of the prompt."""
        found = self._shown()
        if found is None:
            return
        try:
            keeping.save(path, found, self._about())
        except LmError as error:
            self.failed.emit(str(error))
        except OSError as error:
            self.failed.emit(f"{path} cannot be written ({error.strerror}); choose another folder.")
        else:
            self._session.say(f"Saved {path}")

    def _shown(self) -> Conversation | None:
        found = self._conversation()
        return found if found is not None and found.said else None

    def _copy(self, text: str, words: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self._session.say(words)

    def _ask_place(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self._page.window(), "Save all branches", "generation.json", KIND)
        if name:
            path = Path(name)
            self.save(path if path.suffix else path.with_suffix(".json"))
