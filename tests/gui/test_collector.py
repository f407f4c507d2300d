"""Is garbage collected on the GUI's thread alone, and is Python's own collector given back?"""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.collector import LASTING, YOUNG, Collector
from app.jobs import Job, Jobs


class Knot:
    """Something that only the collector can free."""

    freed_on: list[str] = []  # noqa: RUF012 - emptied by the fixture

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        Knot.freed_on.append(threading.current_thread().name)


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def collector(jobs: Jobs) -> Iterator[Collector]:
    Knot.freed_on.clear()
    made = Collector(jobs)
    yield made
    made.remove()


def test_knots_of_a_job_are_freed_on_the_gui_thread(qtbot: QtBot, jobs: Jobs, collector: Collector) -> None:
    def load() -> Iterator[int]:
        yield 1

    def work() -> Iterator[int]:
        for number in range(YOUNG * 3):
            Knot()
            yield number

    for generator in (load, work):  # what the first job makes is taken for imports, and is left alone
        with qtbot.waitSignal(jobs.idle):
            jobs.start(Job(generator))  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: len(Knot.freed_on) > YOUNG)
    assert set(Knot.freed_on) == {threading.main_thread().name}


def test_removing_gives_the_automatic_collector_back(jobs: Jobs) -> None:
    made = Collector(jobs)
    made.settle()
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    made.remove()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_settling_frees_what_building_left_behind(collector: Collector) -> None:
    knot = weakref.ref(Knot())
    assert knot() is not None
    collector.settle()
    assert knot() is None


def test_what_is_much_at_once_is_set_aside(qtbot: QtBot, collector: Collector) -> None:
    """A page or a module that is loaded without a job must not be walked over at the next full collection."""
    collector.settle()
    aside = gc.get_freeze_count()
    loaded = [Knot() for _ in range(2 * LASTING)]
    qtbot.waitUntil(lambda: gc.get_freeze_count() >= aside + len(loaded))
    assert gc.get_count()[0] < LASTING


def test_what_has_gathered_is_set_aside(qtbot: QtBot, collector: Collector) -> None:
    """So is what came little by little, and outlived collections."""
    collector.settle()
    aside, held = gc.get_freeze_count(), []
    while gc.get_freeze_count() == aside:
        held += [Knot() for _ in range(YOUNG + 1)]
        looked = gc.get_count()[0]
        qtbot.waitUntil(lambda before=looked: gc.get_count()[0] < before)  # type: ignore[misc]
    assert LASTING < len(held) <= 40 * LASTING
    assert gc.get_freeze_count() - aside > LASTING
