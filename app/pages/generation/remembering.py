"""What was said last time? The conversation on the screen is kept beside the settings, and comes back with the page."""

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job
from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation
from app.session import Session
from lmcore.errors import LmError, UsageError
from lmcore.generators import after_a_turn

FILE: Final = "generation.json"
REST: Final = 1_500
"""Milliseconds for which nothing was said, until it is kept."""


class Remembering(QObject):
    """Keeps a conversation when it has rested, and at the latest at `close`."""

    opened = Signal(Conversation)
    """The conversation of last time."""
    failed = Signal(str)

    def __init__(
        self,
        parent: QObject,
        session: Session,
        conversation: Callable[[], Conversation | None],
        about: Callable[[], Mapping[str, Any]],
    ) -> None:
        super().__init__(parent)
        self._session, self._conversation, self._about = session, conversation, about
        self._path = session.settings.path.parent / FILE
        self._job: Job | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self._keep)

    def start(self) -> None:
        """Read what was kept last time, if anything was."""
        if self._path.is_file():
            job = self._job = Job(partial(after_a_turn, partial(keeping.load, self._path)))
            job.finished.connect(lambda found: self._read(job, found[0]))
            job.failed.connect(self._failed)
            self._session.jobs.start(job)

    def give_up(self) -> None:
        """Something else is wanted than what was said last time."""
        self._job = None

    def note(self) -> None:
        """More was said, or less."""
        self._job = None
        self._rest.start()

    def close(self) -> None:
        """The window closes."""
        if self._rest.isActive() and (found := self._conversation()) is not None and found.said:
            self._rest.stop()
            try:
                keeping.save(self._path, found, self._about())
            except (OSError, LmError) as error:
                self.failed.emit(str(error))

    def _keep(self) -> None:
        found = self._conversation()
        if found is None or not found.said:
            self._path.unlink(missing_ok=True)  # all was removed
        else:
            save = partial(keeping.save, self._path, copy(found), self._about())
            job = Job(partial(after_a_turn, save))
            job.failed.connect(self._failed)
            self._session.jobs.start(job)

    def _read(self, job: Job, found: Conversation) -> None:
        if job is self._job:
            self._job = None
            self.opened.emit(found)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, UsageError | LmError | OSError):
            raise error
        self.failed.emit(str(error))
