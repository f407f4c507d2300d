"""May the window close? Not while a page has something unsaved: then the user is asked first."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.page_stack import PageStack
from app.pages.page import Page
from app.widgets.dialogs import SaveQuestion


class Closing:
    """Asks of one page after the other. `show` brings a page to the front by its key."""

    def __init__(self, window: QWidget, stack: PageStack, show: Callable[[str], None]) -> None:
        self._window, self._stack, self._show = window, stack, show
        self._discarded: list[Page] = []
        self._question: SaveQuestion | None = None

    def may_close(self) -> bool:
        """Whether nothing is unsaved. Else the user is asked, and the answer may close the window."""
        if self._question is not None:
            self._question.activateWindow()
            return False
        for key in self._stack.specs:
            page = self._stack.page(key)
            if page is not None and page.unsaved and page not in self._discarded:
                self._show(key)
                self._ask(page)
                return False
        return True

    def discard_all(self) -> None:
        """Let everything go that is unsaved."""
        self._discarded = self._stack.pages

    def _ask(self, page: Page) -> None:
        self._question = SaveQuestion(self._window, page.unsaved)
        self._question.finished.connect(lambda answer: self._answered(page, QMessageBox.StandardButton(answer)))
        self._question.open()

    def _answered(self, page: Page, answer: QMessageBox.StandardButton) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None
        if answer is QMessageBox.StandardButton.Save:  # in the next turn: a file dialog runs a loop of its own
            QTimer.singleShot(0, self._window, lambda: page.save_unsaved(self._window.close))
        elif answer is QMessageBox.StandardButton.Discard:
            self._discarded.append(page)
            self._window.close()
        else:
            self._discarded.clear()
