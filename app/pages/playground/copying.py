"""How do ids come to the clipboard? All of a column's as text, made in the background since they may be millions."""

from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.jobs import Job
from app.pages.playground import work
from app.pages.playground.columns import Columns
from app.pages.playground.wording import copied
from app.session import Session
from app.widgets.menu import Menu


class Copying(QObject):
    """One copy at a time."""

    failed = Signal(object)

    def __init__(self, session: Session, columns: Columns) -> None:
        super().__init__()
        self._session, self._columns = session, columns
        self._job: Job | None = None

    def offer(self, below: QWidget) -> None:
        """Copy the ids of the only column, or ask in a menu of which."""
        columns = self._columns.all
        if len(columns) < 2:
            self.copy(0)
            return
        menu = Menu(below)
        menu.aboutToHide.connect(menu.deleteLater)
        for number, column in enumerate(columns):
            menu.add(column.title.replace("&", "&&"), partial(self.copy, number), icon="copy")
        menu.popup(below.mapToGlobal(QPoint(0, below.height() + 4)))

    def copy(self, number: int) -> None:
        """Copy the ids of a column."""
        columns = self._columns.all
        cut = columns[number].cut if number < len(columns) else None
        if cut is None or self._job is not None:
            return
        title, ids = columns[number].title, cut.ids.copy()  # an edit meanwhile would change them
        self._job = Job(lambda: work.join_ids(ids))
        self._job.finished.connect(lambda text: self._copied(text, title, len(ids)))
        self._job.failed.connect(self._failed)
        self._session.jobs.start(self._job)

    def _copied(self, text: str, title: str, count: int) -> None:
        self._job = None
        QGuiApplication.clipboard().setText(text)
        self._session.say(copied(title, count))

    def _failed(self, error: BaseException) -> None:
        self._job = None
        self.failed.emit(error)
