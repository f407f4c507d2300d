"""How does what is typed become rows? At once; of an expression that takes longer the first, the rest by a thread."""

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from app.jobs import Job, Jobs
from lmcore.bpe.vocabulary.filters import Mode, rows_matching, rows_with_hex, rows_with_text
from lmcore.errors import LmError

if TYPE_CHECKING:
    from lmcore.bpe.vocabulary import filters
    from lmcore.bpe.vocabulary.columns import Vocabulary


AT_ONCE: Final = 0.02
"""Seconds that an expression may take on the GUI's thread, give or take a step."""
AGAIN: Final = 0.2
"""Seconds from showing some rows of an expression to showing more."""
GLANCE: Final = 0.004
"""Seconds after which one that will take longer goes on elsewhere."""


class Search(QObject):
    """One search at a time: another one takes the place of the one before."""

    found = Signal(object)
    """Which rows fit, as an array of booleans, or None if nothing was typed."""
    begun = Signal(object)
    """The same of an expression that is being tried: those found by now."""
    refused = Signal(str)
    """Why nothing can be looked for."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._job: Job | None = None
        self._told = 0.0

    @property
    def running(self) -> bool:
        """Whether an expression is being tried."""
        return self._job is not None

    def look(self, vocabulary: "Vocabulary", mode: Mode, typed: str) -> None:
        """Look for what was typed."""
        self.stop()
        if not typed:
            self.found.emit(None)
        elif mode is Mode.REGEX:
            self._begin(vocabulary, typed)
        else:
            self._look_now(vocabulary, mode, typed)

    def stop(self) -> None:
        """Look no longer."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _look_now(self, vocabulary: "Vocabulary", mode: Mode, typed: str) -> None:
        try:
            rows = rows_with_text(vocabulary, typed) if mode is Mode.TEXT else rows_with_hex(vocabulary, typed)
        except LmError as error:
            self.refused.emit(str(error))
        else:
            self.found.emit(rows)

    def _begin(self, vocabulary: "Vocabulary", typed: str) -> None:
        """Most expressions are found before a thread would have told of it; the others go on there."""
        work, began, spent = rows_matching(vocabulary, typed), monotonic(), 0.0
        try:
            step = next(work)
            while spent < GLANCE or spent < AT_ONCE * step.share:
                step = next(work)
                spent = monotonic() - began
        except StopIteration as end:
            self.found.emit(end.value)
        except LmError as error:
            self.refused.emit(str(error))
        else:
            self._tell(step)
            self._go_on(work)

    def _tell(self, step: "filters.Searched") -> None:
        self._told = monotonic()
        self.begun.emit(step.found.copy())

    def _go_on(self, work: "filters.Searching") -> None:
        job = self._job = Job(lambda: work)
        job.events.connect(lambda steps: self._follow(job, steps[-1]))
        job.finished.connect(lambda rows: self._finish(job, rows))
        job.failed.connect(lambda error: self._fail(job, error))
        self._jobs.start(job)

    def _follow(self, job: Job, step: "filters.Searched") -> None:
        if job is self._job and monotonic() - self._told > AGAIN:
            self._tell(step)

    def _finish(self, job: Job, rows: Any) -> None:
        if job is self._job:
            self._job = None
            self.found.emit(rows)

    def _fail(self, job: Job, error: BaseException) -> None:
        if job is not self._job:
            return
        self._job = None
        if not isinstance(error, LmError):
            raise error
        self.refused.emit(str(error))
