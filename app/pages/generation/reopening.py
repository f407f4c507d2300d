"""How does a conversation that was saved come back? It is read on a thread and shown; its model speaks on where it is
still there.
"""

from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs import Job
from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.pages.generation.exporting import KIND
from app.session import Session
from lmcore.errors import UsageError
from lmcore.generators import after_a_turn

SUFFIX: Final = ".json"


class Reopening(QObject):
    """Reads the files that `Exporting` writes. The file that was asked for last is the one that is told of."""

    opened = Signal(Conversation)
    failed = Signal(str)
    """Why a file is none, in a sentence."""

    def __init__(self, page: QWidget, session: Session) -> None:
        super().__init__(page)
        self._page, self._session = page, session
        self._job: Job | None = None

    def ask(self) -> None:
        """Have a file chosen."""
        name, _ = QFileDialog.getOpenFileName(self._page.window(), "Open saved branches", "", KIND)
        if name:
            self.open(Path(name))

    def open(self, path: Path) -> None:
        """Read a file."""
        job = self._job = Job(partial(after_a_turn, partial(keeping.load, path)))
        job.finished.connect(lambda found: self._read(job, found))
        job.failed.connect(self._not_read)
        self._session.jobs.start(job)

    def _read(self, job: Job, found: tuple[Conversation, dict[str, Any]]) -> None:
        if job is self._job:
            self._job = None
            self.opened.emit(found[0])

    def _not_read(self, error: BaseException) -> None:
        if not isinstance(error, UsageError):
            raise error
        self.failed.emit(str(error))
