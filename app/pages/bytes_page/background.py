"""Who sums up a long text while it is typed? One job at a time, begun when the keys rest, dropped at the next one."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job, Jobs, Work
from app.pages.bytes_page.work import sum_up

if TYPE_CHECKING:
    from lmcore.bpe.token_window import Windows

SHORT: Final = 1_000
"""Bytes that are summed up at once, in the same turn as the key stroke."""
REST: Final = 150
"""Milliseconds without a change after which a long text is summed up."""


class Background(QObject):
    """Gives a Summary for each text that it is given and that stays."""

    summed = Signal(object)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._data = b""
        self._windows: Windows | None = None
        self._job: Job | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(self._begin)

    @property
    def busy(self) -> bool:
        """Whether a summary is on its way."""
        return self._rest.isActive() or self._job is not None

    def look_at(self, data: bytes, windows: "Windows | None") -> None:
        """Sum up this text: at once, or when it has stayed for a while."""
        self.stop()
        self._data, self._windows = data, windows
        if len(data) <= SHORT:
            self.summed.emit(_drained(sum_up(data, windows)))
        else:
            self._rest.start()

    def stop(self) -> None:
        """Drop what is under way."""
        self._rest.stop()
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _begin(self) -> None:
        data, windows = self._data, self._windows
        job = self._job = Job(lambda: sum_up(data, windows))
        job.finished.connect(lambda summary: self._take(job, summary))
        job.failed.connect(lambda error: self._fail(job, error))
        self._jobs.start(job)

    def _take(self, job: Job, summary: object) -> None:
        if job is self._job:
            self._job = None
            self.summed.emit(summary)

    def _fail(self, job: Job, error: BaseException) -> None:
        if job is self._job:
            self._job = None
        raise error


def start(
    jobs: Jobs,
    work: Work,
    done: Callable[[Any], object],
    failed: Callable[[Any], object],
) -> Job:
    """Run a job that ends in one of two calls."""
    job = Job(work)
    job.finished.connect(done)
    job.failed.connect(failed)
    jobs.start(job)
    return job


def _drained(work: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
