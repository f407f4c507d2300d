"""Does a job deliver every event, end exactly once, pause, cancel in time, and leave the window alive?"""

import random
import sys
import threading
from collections.abc import Callable, Generator
from itertools import pairwise
from time import perf_counter
from traceback import extract_tb

import pytest
from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from pytestqt.qtbot import QtBot

from app import jobs as jobs_module
from app.jobs import SWITCH, Job, Jobs, JobState

Events = Generator[int, None, str]


class Record(QObject):
    """What a job said, in order."""

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.events: list[int] = []
        self.endings: list[tuple[str, object]] = []
        self.states: list[JobState] = []
        self.after_end = 0
        job.events.connect(self._take)
        job.state_changed.connect(self.states.append)
        job.finished.connect(lambda result: self.endings.append(("finished", result)))
        job.failed.connect(lambda error: self.endings.append(("failed", error)))
        job.cancelled.connect(lambda: self.endings.append(("cancelled", None)))

    def _take(self, batch: list[int]) -> None:
        self.events += batch
        self.after_end += bool(self.endings)


def begin(work: Callable[[], Events]) -> tuple[Job, Record]:
    """A job at work and what it says."""
    job = Job(work)
    record = Record(job)
    job.start()
    return job, record


def ended(job: Job) -> Callable[[], bool]:
    return lambda: job.state is JobState.ENDED


def counting(number: int) -> Callable[[], Events]:
    def work() -> Events:
        yield from range(number)
        return "counted"

    return work


def endless(started: threading.Event, closed: threading.Event) -> Callable[[], Events]:
    """Yields for ever, and says when it was closed."""

    def work() -> Events:
        try:
            number = 0
            while True:
                yield number
                number += 1
                started.set()
                threading.Event().wait(0.001)
        finally:
            closed.set()

    return work


def test_all_events_arrive_in_order_and_then_the_result(qtbot: QtBot) -> None:
    job, record = begin(counting(10_000))
    qtbot.waitUntil(ended(job))
    assert record.events == list(range(10_000))
    assert record.endings == [("finished", "counted")]
    assert record.after_end == 0


def test_an_error_is_carried_over_with_its_traceback_after_the_events_before_it(qtbot: QtBot) -> None:
    def work() -> Events:
        yield 1
        raise ValueError("line 3 is not JSON")

    job, record = begin(work)
    qtbot.waitUntil(ended(job))
    [(ending, error)] = record.endings
    assert (ending, record.events) == ("failed", [1])
    assert isinstance(error, ValueError)
    assert "work" in [frame.name for frame in extract_tb(error.__traceback__)]


def test_work_that_cannot_even_begin_fails(qtbot: QtBot) -> None:
    def work() -> Events:
        raise OSError("no such corpus")

    job, record = begin(work)
    qtbot.waitUntil(ended(job))
    assert [name for name, _ in record.endings] == ["failed"]


def test_cancel_closes_the_generator_soon_after_its_next_yield(qtbot: QtBot) -> None:
    started, closed = threading.Event(), threading.Event()
    job, record = begin(endless(started, closed))
    qtbot.waitUntil(started.is_set)
    asked = perf_counter()
    job.cancel()
    assert closed.wait(0.1), "the generator was not closed within 0.1 s"
    assert perf_counter() - asked < 0.1
    qtbot.waitUntil(ended(job))
    assert record.endings == [("cancelled", None)]
    assert record.states == [JobState.CANCELLING, JobState.ENDED]
    assert record.events == list(range(len(record.events)))


def test_an_error_while_it_is_closed_is_told(qtbot: QtBot) -> None:
    started = threading.Event()

    def work() -> Events:
        try:
            while True:
                yield 0
                started.set()
        finally:
            raise OSError("the disk is full")

    job, record = begin(work)
    qtbot.waitUntil(started.is_set)
    job.cancel()
    qtbot.waitUntil(ended(job))
    assert [(name, str(error)) for name, error in record.endings] == [("failed", "the disk is full")]


def test_a_result_that_comes_after_cancel_is_not_delivered(qtbot: QtBot) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def work() -> Events:
        yield 1
        reached.set()
        go_on.wait()
        return "too late"

    job, record = begin(work)
    qtbot.waitUntil(reached.is_set)
    job.cancel()
    go_on.set()
    qtbot.waitUntil(ended(job))
    assert record.endings == [("cancelled", None)]


def test_pause_stops_the_work_and_resume_goes_on(qtbot: QtBot) -> None:
    started, closed = threading.Event(), threading.Event()
    asked_for: list[int] = []

    def work() -> Events:
        for event in endless(started, closed)():
            asked_for.append(event)
            yield event
        return ""

    job, record = begin(work)
    qtbot.waitUntil(started.is_set)
    job.pause()
    assert job.state is JobState.PAUSING
    qtbot.waitUntil(lambda: job.state is JobState.PAUSED)
    at_rest = len(asked_for)
    assert len(record.events) == at_rest, "an event was held back"
    ticks: list[int] = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    qtbot.waitUntil(lambda: len(ticks) > 20)
    timer.stop()
    assert len(asked_for) == at_rest, "the work went on while it was paused"
    job.resume()
    qtbot.waitUntil(lambda: len(record.events) > at_rest)
    job.cancel()
    qtbot.waitUntil(ended(job))
    assert record.states == [
        *(JobState.PAUSING, JobState.PAUSED, JobState.RUNNING, JobState.CANCELLING, JobState.ENDED),
    ]


def test_cancel_wakes_a_job_that_is_paused(qtbot: QtBot) -> None:
    started, closed = threading.Event(), threading.Event()
    job, record = begin(endless(started, closed))
    job.pause()
    qtbot.waitUntil(lambda: job.state is JobState.PAUSED)
    job.cancel()
    assert closed.wait(10), "a job that nobody wakes stays where it is"
    qtbot.waitUntil(ended(job))
    assert record.endings == [("cancelled", None)]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_ordered_when_there_is_one_ending(qtbot: QtBot, seed: int) -> None:
    """Orders at random moments around the end of a short job."""
    chance = random.Random(seed)
    job, record = begin(counting(chance.randrange(400)))
    orders = [job.pause, job.resume, job.cancel, job.resume, job.pause]

    def order() -> None:
        if job.state is not JobState.ENDED:
            chance.choice(orders)()

    timer = QTimer(interval=chance.randrange(4))
    timer.timeout.connect(order)
    timer.timeout.connect(lambda: job.resume() if chance.random() < 0.5 else None)
    timer.start()
    qtbot.waitUntil(ended(job))
    timer.stop()
    assert len(record.endings) == 1
    assert record.states.count(JobState.ENDED) == 1
    for late in orders:
        late()
    assert job.state is JobState.ENDED
    assert record.events == list(range(len(record.events)))


def test_a_full_queue_makes_the_worker_wait_and_drops_nothing(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "FULL", 100)
    ahead: list[int] = []
    seen = 0

    def work() -> Events:
        for number in range(5_000):
            ahead.append(number - seen)
            yield number
        return ""

    job, record = begin(work)

    def take(batch: list[int]) -> None:
        nonlocal seen
        seen += len(batch)

    job.events.connect(take)
    qtbot.waitUntil(ended(job))
    assert record.events == list(range(5_000))
    assert max(ahead) <= 2 * 100, "the worker ran ahead of the window by more than a queue and a slice"


def test_a_handler_that_runs_an_event_loop_is_not_entered_again(qtbot: QtBot) -> None:
    depth, deepest = 0, 0
    job = Job(counting(3_000))
    record = Record(job)

    def handle(_batch: list[int]) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        QCoreApplication.processEvents()
        depth -= 1

    job.events.connect(handle)
    job.start()
    qtbot.waitUntil(ended(job))
    assert deepest == 1
    assert record.events == list(range(3_000))


def test_32_000_events_at_full_speed_leave_the_window_alive(qtbot: QtBot) -> None:
    """The longest time between two ticks of a 16 ms timer is below 50 ms."""
    owner = Jobs()
    job = Job(counting(32_000))
    record = Record(job)
    ticks = [perf_counter()]
    timer = QTimer(interval=16)
    timer.timeout.connect(lambda: ticks.append(perf_counter()))
    timer.start()
    owner.start(job)
    qtbot.waitUntil(ended(job))
    ticks.append(perf_counter())
    timer.stop()
    assert len(record.events) == 32_000
    gaps = [after - before for before, after in pairwise(ticks)]
    assert max(gaps) < 0.05, f"longest gap {max(gaps) * 1000:.0f} ms"


def test_a_slow_handler_gets_small_slices(qtbot: QtBot) -> None:
    """A handler that needs 1 ms an event is never given so many that a tick takes 50 ms."""
    job = Job(counting(300))
    spent: list[float] = []

    def handle(batch: list[int]) -> None:
        until = perf_counter() + 0.001 * len(batch)
        while perf_counter() < until:
            pass
        spent.append(0.001 * len(batch))

    job.events.connect(handle)
    job.start()
    qtbot.waitUntil(ended(job))
    assert sum(spent) == pytest.approx(0.3)
    assert max(spent[3:]) <= 0.009


def test_the_owner_stops_all_and_gives_the_switch_interval_back(qtbot: QtBot) -> None:
    usual = sys.getswitchinterval()
    owner = Jobs()
    pairs = [(threading.Event(), threading.Event()) for _ in range(3)]
    jobs = [Job(endless(*pair)) for pair in pairs]
    for job in jobs:
        owner.start(job)
    assert sys.getswitchinterval() == pytest.approx(SWITCH)
    qtbot.waitUntil(lambda: all(started.is_set() for started, _ in pairs))
    assert owner.stop_all(seconds=1.0)
    assert all(closed.is_set() for _, closed in pairs)
    qtbot.waitUntil(lambda: owner.running == 0)
    assert all(job.state is JobState.ENDED for job in jobs)
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_the_owner_keeps_a_job_alive_that_nobody_else_holds(qtbot: QtBot) -> None:
    owner = Jobs()
    got: list[object] = []
    job = Job(counting(10))
    job.finished.connect(got.append)
    owner.start(job)
    del job
    qtbot.waitUntil(lambda: got == ["counted"])
    assert owner.running == 0


class Switch(QObject):
    """One signal that carries a truth."""

    flipped = Signal(bool)


def test_emitting_truths_costs_no_reference() -> None:
    """PySide6 6.12.0 on Python 3.11 loses one at each emit, and Python aborts after some hundred."""
    switch = Switch()
    switch.flipped.connect(lambda _value: None)
    before = sys.getrefcount(True)
    for _ in range(1_000):
        switch.flipped.emit(True)
    assert abs(sys.getrefcount(True) - before) < 50


def test_a_job_that_looks_on_is_not_waited_for_but_stopped(qtbot: QtBot) -> None:
    owner, usual = Jobs(), sys.getswitchinterval()
    idle: list[bool] = []
    owner.idle.connect(lambda: idle.append(True))
    started, closed = threading.Event(), threading.Event()
    watching, job = Job(endless(started, closed)), Job(counting(3))
    owner.watch(watching)
    assert (owner.running, sys.getswitchinterval()) == (0, SWITCH)
    owner.start(job)
    qtbot.waitUntil(ended(job))
    assert (idle, owner.running, sys.getswitchinterval()) == ([True], 0, SWITCH)
    assert started.wait(5)
    assert owner.stop_all(5.0)
    assert closed.is_set()
    qtbot.waitUntil(ended(watching))
    assert (idle, sys.getswitchinterval()) == ([True], usual)
