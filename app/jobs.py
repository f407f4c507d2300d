"""How does long work run without stopping the window? One generator on one thread, drained by a GUI timer.

The worker appends to a deque and touches no Qt object. The GUI asks: a timer takes what has arrived, emits it in
slices, and never spends more than `BUDGET` on a tick. What a job becomes is decided in one place, `Job._end`.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic, perf_counter
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

Work = Callable[[], Generator[Any, None, Any]]

INTERVAL: Final = 33
"""Milliseconds between two looks at the queue."""
SOON: Final = 5
"""The same while there is a backlog or an order has just been given."""
BUDGET: Final = 0.008
"""Seconds that one tick may spend in handlers of `events`, give or take one slice."""
FULL: Final = 50_000
"""Events waiting, at which the worker pauses for the GUI: memory is bounded and no event is dropped."""
SWITCH: Final = 1e-6
"""Seconds after which Python takes the interpreter from a worker that the GUI waits for. Nearly every call of Qt lets
go of it, and has to wait so long to get it back: with Python's own 5 ms, or even with 1 ms, a repaint of 250 calls
beside a worker in pure Python takes a quarter of a second."""


class JobState(Enum):
    """What a job does at present."""

    RUNNING = auto()
    PAUSING = auto()
    PAUSED = auto()
    CANCELLING = auto()
    ENDED = auto()


@dataclass(frozen=True)
class _Done:
    result: Any


@dataclass(frozen=True)
class _Failed:
    error: BaseException


class _Worker:
    """The half of a job that lives on its thread; plain Python."""

    def __init__(self, work: Work) -> None:
        self.queue: deque[Any] = deque()
        self.outcome: _Done | _Failed | None = None
        self.parked = False
        self._work = work
        self._ordered = threading.Condition()
        self._pause = False
        self._cancel = False
        self.thread = threading.Thread(target=self._run, name="job", daemon=True)

    def order(self, *, pause: bool = False, cancel: bool = False) -> None:
        """From the GUI: go on, pause, or stop for good."""
        with self._ordered:
            self._pause = pause
            self._cancel = self._cancel or cancel
            self._ordered.notify_all()

    def make_room(self) -> None:
        """From the GUI: events have been taken."""
        with self._ordered:
            self._ordered.notify_all()

    def _run(self) -> None:
        try:
            self.outcome = _Done(self._drive(self._work()))
        except BaseException as error:  # carried whole to the GUI, which decides
            self.outcome = _Failed(error)

    def _drive(self, events: Generator[Any, None, Any]) -> Any:
        """Ask for event after event; the result, or None when it was cancelled."""
        while self._may_go_on():
            try:
                self.queue.append(next(events))
            except StopIteration as end:
                return end.value
        events.close()
        return None

    def _may_go_on(self) -> bool:
        """Wait while the GUI wants it; False once cancelled."""
        if self._pause or len(self.queue) >= FULL:
            with self._ordered:
                while not self._cancel and (self._pause or len(self.queue) >= FULL):
                    self.parked = self._pause
                    self._ordered.wait()
                self.parked = False
        return not self._cancel


class Job(QObject):
    """One generator at work. Its end is exactly one of `finished`, `failed`, `cancelled`, after the last event.

    A cancelled job never finishes, even if its result was on its way; an error is told in any case.
    """

    events = Signal(list)
    """What the generator yielded since the last time, in order."""
    state_changed = Signal(object)
    """A JobState."""
    finished = Signal(object)
    failed = Signal(object)
    """The exception, with its traceback."""
    cancelled = Signal()

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._worker = _Worker(work)
        self._state = JobState.RUNNING
        self._slice = 64
        self._draining = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._tick)

    @property
    def state(self) -> JobState:
        """What it does at present."""
        return self._state

    def start(self) -> None:
        """Begin. A job runs once."""
        self._worker.thread.start()
        self._timer.start(SOON)

    def pause(self) -> None:
        """Stop asking after the event in hand; PAUSED follows."""
        if self._state is JobState.RUNNING:
            self._worker.order(pause=True)
            self._enter(JobState.PAUSING)

    def resume(self) -> None:
        """Ask again."""
        if self._state in (JobState.PAUSING, JobState.PAUSED):
            self._worker.order(pause=False)
            self._enter(JobState.RUNNING)

    def cancel(self) -> None:
        """Stop asking and close the generator, at its next yield."""
        if self._state not in (JobState.CANCELLING, JobState.ENDED):
            self._worker.order(cancel=True)
            self._enter(JobState.CANCELLING)

    def join(self, seconds: float) -> bool:
        """Wait for the thread; whether it has ended. For the end of the application only."""
        self._worker.thread.join(seconds)
        return not self._worker.thread.is_alive()

    def _enter(self, state: JobState) -> None:
        self._state = state
        if state not in (JobState.PAUSED, JobState.ENDED):
            self._timer.start(SOON)
        self.state_changed.emit(state)

    def _tick(self) -> None:
        """Take what has arrived. A handler that opens a dialog comes back here: the outer tick goes on afterwards."""
        if self._draining:
            return
        self._draining = True
        outcome = self._worker.outcome
        parked = self._worker.parked
        try:
            self._drain()
        finally:
            self._draining = False
            self._plan(outcome, parked)

    def _plan(self, outcome: _Done | _Failed | None, parked: bool) -> None:
        """What comes after a tick; `outcome` and `parked` were read before it, so the queue held all they follow."""
        if self._worker.queue:
            self._timer.start(SOON)
        elif outcome is not None:
            self._end(outcome)
        elif parked and self._state is JobState.PAUSING:
            self._enter(JobState.PAUSED)
        elif self._state is not JobState.PAUSED:
            self._timer.start(INTERVAL)

    def _drain(self) -> None:
        """Emit slices until the queue is empty or the budget spent; slices grow and shrink to a quarter of it."""
        began = perf_counter()
        queue = self._worker.queue
        while queue:
            batch = [queue.popleft() for _ in range(min(len(queue), self._slice))]
            self._worker.make_room()
            before = perf_counter()
            self.events.emit(batch)
            now = perf_counter()
            if now - before > BUDGET / 2:
                self._slice = max(1, self._slice // 2)
            elif now - before < BUDGET / 8 and len(batch) == self._slice:
                self._slice = min(4096, self._slice * 2)
            if now - began >= BUDGET:
                return

    def _end(self, outcome: _Done | _Failed) -> None:
        was_cancelled = self._state is JobState.CANCELLING
        self._enter(JobState.ENDED)
        if isinstance(outcome, _Failed):
            self.failed.emit(outcome.error)
        elif was_cancelled:
            self.cancelled.emit()
        else:
            self.finished.emit(outcome.result)


class Jobs(QObject):
    """All jobs of a window: keeps each alive until it ends, and stops them when the window closes."""

    started = Signal(object)
    """A Job has begun."""
    idle = Signal()
    """The last of those that ran has ended."""

    def __init__(self) -> None:
        super().__init__()
        self._running: set[Job] = set()
        self._watching: set[Job] = set()
        self._usual_interval = sys.getswitchinterval()

    def start(self, job: Job) -> None:
        """Begin `job`, whose signals are connected by now."""
        self._begin(job, self._running)
        self.started.emit(job)

    def watch(self, job: Job) -> None:
        """Begin a job that looks on for as long as its page is there: it is stopped like others, but nobody waits for
        its end, and it is not counted among those that run.
        """
        self._begin(job, self._watching)

    @property
    def running(self) -> int:
        """How many have not ended."""
        return len(self._running)

    @property
    def left(self) -> int:
        """How many have not ended, those that look on among them."""
        return len(self._running) + len(self._watching)

    def stop_all(self, seconds: float = 2.0) -> bool:
        """Cancel every job and wait for the threads, `seconds` in all; whether all of them ended."""
        jobs = (*self._running, *self._watching)
        for job in jobs:
            job.cancel()
        until = monotonic() + seconds
        ended = [job.join(max(0.0, until - monotonic())) for job in jobs]
        return all(ended)

    def _begin(self, job: Job, among: set[Job]) -> None:
        if not (self._running or self._watching):
            self._usual_interval = sys.getswitchinterval()
            sys.setswitchinterval(min(SWITCH, self._usual_interval))
        among.add(job)
        job.state_changed.connect(self._sweep)
        job.start()

    def _sweep(self) -> None:
        before = len(self._running)
        self._running = {job for job in self._running if job.state is not JobState.ENDED}
        self._watching = {job for job in self._watching if job.state is not JobState.ENDED}
        if not (self._running or self._watching):
            sys.setswitchinterval(self._usual_interval)
        if before and not self._running:
            self.idle.emit()
