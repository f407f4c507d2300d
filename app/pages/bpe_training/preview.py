"""What is in the corpus, and what will a training on it take? Looked at in the background as the inputs change."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from app.pages.bpe_training import work
from lmcore.bpe.events import Notice, Progress
from lmcore.bpe.options import Options


class Preview(QObject):
    """One look at a time: a new one takes the place of the one before, of which nothing more is heard."""

    passages = Signal(object)
    """The Passages of the corpus; they come before the forecast."""
    preparing = Signal(object)
    """The Progress of compiling kernels, which has to come first where they are missing."""
    noticed = Signal(object)
    """A Notice, such as of files that are left out."""
    forecast = Signal(object)
    failed = Signal(object)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._job: Job | None = None
        self._number = 0

    def look_at(self, paths: Sequence[Path], options: Options) -> None:
        """Begin to look."""
        self.stop()
        number, files = self._number, tuple(paths)
        self._job = Job(lambda: work.look(files, options))
        self._job.events.connect(lambda events: self._take(number, events))
        self._job.finished.connect(lambda forecast: self._finish(number, forecast))
        self._job.failed.connect(lambda error: self._fail(number, error))
        self._jobs.start(self._job)

    def stop(self) -> None:
        """Look no longer."""
        self._number += 1
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _take(self, number: int, events: Sequence[Any]) -> None:
        if number != self._number:
            return
        for event in events:
            if isinstance(event, work.Passages):
                self.passages.emit(event)
            elif isinstance(event, Notice):
                self.noticed.emit(event)
            elif isinstance(event, Progress) and event.phase == "prepare" and not event.finished:
                self.preparing.emit(event)

    def _finish(self, number: int, forecast: object) -> None:
        if number == self._number:
            self._job = None
            self.forecast.emit(forecast)

    def _fail(self, number: int, error: BaseException) -> None:
        if number == self._number:
            self._job = None
            self.failed.emit(error)
