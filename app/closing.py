"""May the window close? Not while a page has something unsaved, or started what runs without it: the user is asked."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.page_stack import PageStack
from app.pages.page import Page
from app.widgets.dialogs import RunningQuestion, SaveQuestion


class Closing:
    """Asks of one page after the other. `show` brings a page to the front by its key."""

    def __init__(self, window: QWidget, stack: PageStack, show: Callable[[str], None]) -> None:
        self._window, self._stack, self._show = window, stack, show
        self._discarded: list[Page] = []
        self._left: list[Page] = []
        self._question: QMessageBox | None = None

    def may_close(self) -> bool:
        """Whether there is nothing to ask. Else the user is asked, and the answer may close the window."""
        if self._question is not None:
            self._question.activateWindow()
            return False
        for key, page in self._visited():
            if page.unsaved and page not in self._discarded:
                self._show(key)
                self._ask_to_save(page)
                return False
        for key, page in self._visited():
            if page.running and page not in self._left:
                self._show(key)
                self._ask_to_leave(page)
                return False
        return True

    def discard_all(self) -> None:
        """Let everything go that is unsaved, and leave what runs."""
        self._discarded = self._left = self._stack.pages

    def _visited(self) -> list[tuple[str, Page]]:
        found = ((key, self._stack.page(key)) for key in self._stack.specs)
        return [(key, page) for key, page in found if page is not None]

    def _ask_to_save(self, page: Page) -> None:
        question = self._question = SaveQuestion(self._window, page.unsaved)
        question.finished.connect(lambda answer: self._saved(page, QMessageBox.StandardButton(answer)))
        question.open()

    def _saved(self, page: Page, answer: QMessageBox.StandardButton) -> None:
        self._forget()
        if answer is QMessageBox.StandardButton.Save:  # in the next turn: a file dialog runs a loop of its own
            QTimer.singleShot(0, self._window, lambda: page.save_unsaved(self._window.close))
        elif answer is QMessageBox.StandardButton.Discard:
            self._discarded.append(page)
            self._window.close()
        else:
            self._stay()

    def _ask_to_leave(self, page: Page) -> None:
        question = self._question = RunningQuestion(self._window, page.running)
        question.finished.connect(lambda: self._answered(page, question))
        question.open()

    def _answered(self, page: Page, question: RunningQuestion) -> None:
        clicked = question.clickedButton()
        self._forget()
        if clicked not in (question.leave, question.stop):
            self._stay()
            return
        if clicked is question.stop:
            page.stop_running()
        else:
            page.leave_running()
        self._left.append(page)
        self._window.close()

    def _forget(self) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None

    def _stay(self) -> None:
        self._discarded.clear()
        self._left.clear()
