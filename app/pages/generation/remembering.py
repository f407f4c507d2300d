"""When is what was said kept? While it grows, when it has rested, and as the window closes; `remembered` says where.

Reading and writing are Jobs, one at a time; only what has not been written when the window closes is written at once.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job
from app.pages.generation.remembered import Found, Inputs, Remembered, Said
from app.session import Session
from lmcore.errors import LmError
from lmcore.generators import after_a_turn

FOLDER: Final = "generation"
REST, GROWTH = 1_500, 5_000
"""Milliseconds after which something new is kept; while a text grows, of which a crash then takes no more."""


class Remembering(QObject):
    """Keeps what `said` and `inputs` give; `opened` brings what the windows before kept."""

    opened = Signal(Found)
    """What was kept, once it is read."""
    unread = Signal(tuple)
    """The files of it that cannot be read."""
    failed = Signal(str)

    def __init__(
        self, parent: QObject, session: Session, said: Callable[[], Sequence[Said]], inputs: Callable[[], Inputs]
    ) -> None:
        super().__init__(parent)
        self._session, self._said, self._inputs = session, said, inputs
        self._disk = Remembered(session.settings.path.parent / FOLDER)
        self._read: tuple[Path, ...] = ()
        self._writing: Job | None = None
        self._ready = self._noted = self._growing = self._closed = self._told = False
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._keep)

    def start(self) -> None:
        """Read what was kept by the windows before."""
        job = Job(self._disk.reading)
        job.finished.connect(self._found)
        job.failed.connect(self._not_found)
        self._session.jobs.start(job)

    @property
    def settled(self) -> bool:
        """Whether what was kept is known."""
        return self._ready

    def note(self, *, growing: bool = False) -> None:
        """Something is other than before, and will be again soon where a text is `growing`."""
        self._noted, self._growing = True, growing
        if self._ready and self._writing is None and not self._rest.isActive():
            self._rest.start(GROWTH if growing else REST)

    def close(self) -> None:
        """The window closes."""
        self._rest.stop()
        self._closed = True
        try:
            if self._noted or self._writing is not None:
                self._disk.write_last(self._said(), self._inputs(), self._read)
        except (OSError, LmError) as error:
            self.failed.emit(str(error))
        finally:
            self._disk.close()

    def _keep(self) -> None:
        self._noted = False
        write = partial(self._disk.write, self._said(), self._inputs(), self._read)
        job = self._writing = Job(partial(after_a_turn, write))
        job.finished.connect(self._kept)
        job.failed.connect(self._not_kept)
        self._session.jobs.start(job)

    def _kept(self) -> None:
        self._writing, self._told = None, False
        if self._noted and not self._closed:
            self.note(growing=self._growing)

    def _not_kept(self, error: BaseException) -> None:
        self._writing, self._noted = None, True  # with the next thing that is said, or at the latest at the end
        if not self._told:
            self._told = True
            self._failed(error)

    def _found(self, found: Found | None) -> None:
        if found is None or self._closed:
            return
        self.opened.emit(found)
        if found.unread:
            self.unread.emit(found.unread)
        self._ready, self._read = True, found.taken_over
        if self._noted or self._read:
            self.note(growing=self._growing)

    def _not_found(self, error: BaseException) -> None:
        self._ready = True
        self._failed(error)

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, LmError | OSError):
            raise error
        self.failed.emit(str(error))
