"""What do the table and the panel ask for? Each request about runs, with the questions that come before it."""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.jobs import Job
from app.pages.training.acting import Acting
from app.pages.training.annotate_dialog import AnnotateDialog
from app.pages.training.saving import KINDS, Saving
from app.pages.training.watching import Known
from app.session import Session
from app.widgets.dialogs import DeleteQuestion
from lmcore.errors import LmError
from lmcore.training.run_folder import Annotations, RunFolder

SOON: Final = 300
"""Milliseconds after which it is said that something is still on its way."""


class Requests(QObject):
    """Does what is asked for with some runs."""

    refused = Signal(str)
    duplicated = Signal(object, object)
    """The tables of a run that is to be changed, and its path."""
    waits = Signal(str)
    """That what is asked for is on its way, in a sentence; "" where it is no longer."""
    resume_asked = Signal(tuple)
    """Runs that are to go on; first the page sees whether they can."""

    def __init__(self, page: QWidget, session: Session, acting: Acting, known: Callable[[], Known]) -> None:
        super().__init__(page)
        self._page, self._session, self._acting, self._known = page, session, acting, known
        self.saving = Saving(page, session)
        self._reading: Job | None = None
        self._name = ""
        self._late = QTimer(self, singleShot=True, interval=SOON)
        self._late.timeout.connect(self._say_late)

    def act(self, action: str, paths: Sequence[Path]) -> None:
        """Do it, once the user has been asked where that is due."""
        if not paths:
            self._session.say("No run is chosen.")
            return
        self._acts(tuple(paths))[action]()

    def _acts(self, paths: tuple[Path, ...]) -> dict[str, Callable[[], object]]:
        """What can be done, by the words that the table and the panel have for it."""
        first = paths[0]
        return {
            "resume": lambda: self.resume_asked.emit(paths),
            "pause": lambda: self._acting.pause(paths),
            "stop": lambda: self._acting.stop(paths),
            "first": lambda: self._acting.move(first, 0),
            "earlier": lambda: self._move(first, -1),
            "later": lambda: self._move(first, 1),
            "delete": lambda: self._ask_to_delete(paths),
            "duplicate": lambda: self._duplicate(first),
            "annotate": lambda: self._annotate(first),
            "generate": lambda: self._session.hand_over("generation", first),
            "folder": lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(first))),
            **{kind: partial(self._save, kind, paths) for kind in KINDS},
        }

    def _move(self, path: Path, places: int) -> None:
        """Let a run that waits have its turn so many places later."""
        run = self._known().runs.get(path)
        if run is not None and run.place is not None:
            self._acting.move(path, max(0, run.place + places))
        elif run is not None:
            self._session.say(f"“{run.name}” does not wait for its turn.")

    def _save(self, kind: str, paths: Sequence[Path]) -> None:
        runs = self._known().runs
        named = {path: runs[path].name for path in paths if path in runs}
        if named:
            self.saving.ask(kind, named)

    def _duplicate(self, path: Path) -> None:
        if self._reading is not None:  # another was asked for before: the last one counts
            self._reading.cancel()
        run = self._known().runs.get(path)
        self._name = run.name if run is not None else path.name
        job = self._reading = Job(partial(_tables, path))
        job.finished.connect(lambda tables: self._duplicated(job, tables, path))
        job.failed.connect(lambda error: self._not_duplicated(job, error))
        self._session.jobs.start(job)
        self._late.start()

    def _say_late(self) -> None:
        self.waits.emit(f"The settings of “{self._name}” are being read. The set-up opens with them in a moment.")

    def _duplicated(self, job: Job, tables: dict[str, Any], path: Path) -> None:
        if self._is_over(job):
            self.duplicated.emit(tables, path)

    def _is_over(self, job: Job) -> bool:
        """Whether this is what was asked for last; then nobody waits for it any more."""
        if job is not self._reading:
            return False
        self._reading = None
        self._late.stop()
        return True

    def _not_duplicated(self, job: Job, error: BaseException) -> None:
        if not self._is_over(job):
            return
        if not isinstance(error, LmError):
            self.waits.emit("")
            raise error
        self.refused.emit(str(error))

    def _annotate(self, path: Path) -> None:
        run = self._known().runs.get(path)
        if run is None:
            return
        dialog = AnnotateDialog(self._page.window(), run)
        before = Annotations(run.tags, run.note)
        dialog.accepted.connect(lambda: self._acting.annotate(path, before, Annotations(dialog.tags, dialog.note)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_to_delete(self, paths: Sequence[Path]) -> None:
        runs = self._known().runs
        names = [runs[path].name for path in paths if path in runs]
        if not names:
            return
        question = DeleteQuestion(self._page.window(), names)
        question.accepted.connect(lambda: self._acting.delete(paths))
        question.finished.connect(question.deleteLater)
        question.open()


def _tables(path: Path) -> Generator[None, None, dict[str, Any]]:
    """What was chosen for a run, for which its tokenizer is read."""
    yield
    from lmcore.training.creating import tables_of  # with which numba comes, half a second

    return tables_of(RunFolder.open(path))
