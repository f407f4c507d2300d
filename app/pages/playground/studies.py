"""What is known of the tokenizers that are compared? Tables, compression and speed; what was found out is kept."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.jobs import Job, Jobs
from app.pages.playground import work
from app.session import TokenizerInfo

if TYPE_CHECKING:
    from lmcore.bpe.throughput import Throughput


QUIET: Final = 150
"""Milliseconds without any job after which a speed is measured."""


class Studies(QObject):
    """Looks into tokenizers in the background.

    Speeds are measured one after another and only while no other job of the window runs: a measurement beside one is
    given up and begun anew afterwards.
    """

    measured = Signal()
    """The speed of another tokenizer is known."""
    failed = Signal(object)

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self._jobs = jobs
        self._subjects: list[work.Subject] = []
        self._speeds: list[tuple[TokenizerInfo, Throughput]] = []
        self._waiting: deque[TokenizerInfo] = deque()
        self._measuring: Job | None = None
        self._studying: set[Job] = set()
        self._quiet = QTimer(self, interval=QUIET, singleShot=True)
        self._quiet.timeout.connect(self._measure)
        jobs.started.connect(self._give_way)
        jobs.idle.connect(self._plan)

    @property
    def settled(self) -> bool:
        """Whether nothing is being found out."""
        return not (self._waiting or self._studying)

    def study(self, info: TokenizerInfo, then: Callable[[work.Subject], None]) -> None:
        """Call `then` with what the page needs of a tokenizer; its speed is measured, too."""
        for subject in self._subjects:
            if subject.info.tokenizer is info.tokenizer:
                then(subject)
                return
        job = Job(lambda: work.study(info))
        job.finished.connect(partial(self._studied, job, then))
        job.failed.connect(partial(self._failed, job))
        self._studying.add(job)
        self._jobs.start(job)

    def speed(self, info: TokenizerInfo) -> "Throughput | None":
        """How fast a tokenizer is, if that is known."""
        return next((speed for known, speed in self._speeds if known.tokenizer is info.tokenizer), None)

    def stop(self) -> None:
        """Find out nothing more."""
        self._waiting.clear()
        self._quiet.stop()
        for job in (*self._studying, self._measuring):
            if job is not None:
                job.cancel()

    def _studied(self, job: Job, then: Callable[[work.Subject], None], subject: work.Subject) -> None:
        self._studying.discard(job)
        self._subjects.append(subject)
        then(subject)
        self._waiting.append(subject.info)
        self._plan()

    def _plan(self) -> None:
        if self._waiting:
            self._quiet.start()

    def _measure(self) -> None:
        """Measure the first that waits; where something runs, its end plans this anew."""
        if self._measuring is not None or self._jobs.running or not self._waiting:
            return
        info = self._waiting[0]
        self._measuring = Job(lambda: work.measure(info))
        self._measuring.finished.connect(partial(self._measured, info))
        self._measuring.failed.connect(partial(self._failed, self._measuring))
        self._measuring.cancelled.connect(self._ended)
        self._jobs.start(self._measuring)

    def _give_way(self, job: Job) -> None:
        if self._measuring is not None and job is not self._measuring:
            self._measuring.cancel()

    def _measured(self, info: TokenizerInfo, speed: "Throughput") -> None:
        self._waiting.popleft()
        self._speeds.append((info, speed))
        self._ended()
        self.measured.emit()

    def _ended(self) -> None:
        self._measuring = None
        self._plan()

    def _failed(self, job: Job, error: BaseException) -> None:
        self._studying.discard(job)
        if job is self._measuring:
            self._waiting.popleft()
            self._ended()
        self.failed.emit(error)
