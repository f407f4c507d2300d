"""Are the bars honest: full only at the end, with true amounts and times, in every state a job can be in?"""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.theme import Theme
from app.widgets.phase_bars import PhaseBars
from app.widgets.phases import State
from lmcore.bpe.events import Progress
from tests.gui.shots import ALLOWED, Shot

COUNTED = Progress("count", 8_659_424, 8_659_424, 121e6, 0.07, 0, finished=True)
MERGING = Progress("merge", 4812, 9743, 12_345.0, 0.4, 0)


@pytest.fixture
def bars(qtbot: QtBot) -> PhaseBars:
    made = PhaseBars()
    qtbot.addWidget(made)
    return made


def states(bars: PhaseBars) -> list[State]:
    return [phase.state for phase in bars.phases]


def test_amounts_and_rates(bars: PhaseBars) -> None:
    bars.show_progress(replace(COUNTED, done=4_000_000, finished=False))
    assert bars.phases[0].amount == "4.00 MB of 8.66 MB · 121 MB/s"
    bars.show_progress(COUNTED)
    bars.show_progress(MERGING)
    amounts = [phase.amount for phase in bars.phases]
    assert amounts == ["8.66 MB · 121 MB/s", "4,812 of 9,743 · 12,300 /s", "waiting"]
    assert states(bars) == [State.DONE, State.ACTIVE, State.WAITING]


def test_a_bar_is_full_only_when_its_phase_is_finished(bars: PhaseBars) -> None:
    bars.show_progress(replace(MERGING, done=9743))
    assert bars.phases[1].share < 1
    bars.show_progress(replace(MERGING, done=9743, finished=True))
    assert bars.phases[1].share == 1


def test_a_total_that_is_not_known_fills_nothing(bars: PhaseBars) -> None:
    bars.show_progress(Progress("count", 500, 0, 0.0, 0.1, 0))
    assert bars.phases[0].share == 0


def test_time_left_goes_by_the_rate_and_stands_with_time_so_far(bars: PhaseBars) -> None:
    bars.show_progress(COUNTED)
    bars.show_progress(MERGING)
    assert (bars.time_left, bars.time_so_far) == ("0.4 s left", "0.5 s so far")


def test_phases_that_wait_add_their_forecast_to_the_time_left(bars: PhaseBars) -> None:
    half = Progress("count", 50, 100, 10.0, 5.0, 0)
    bars.show_progress(half)
    assert bars.time_left == ""
    bars.reset(("count", "merge", "save"), {"count": 10.0, "merge": 20.0})
    bars.show_progress(half)
    assert bars.time_left == "25 s left"


def test_a_phase_that_was_not_announced_takes_its_place(bars: PhaseBars) -> None:
    bars.show_progress(Progress("prepare", 1, 9, 1.0, 1.0, 0))
    assert [phase.name for phase in bars.phases] == ["prepare", "count", "merge", "save"]


def test_pausing_and_going_on(bars: PhaseBars) -> None:
    bars.show_progress(MERGING)
    bars.set_paused(True)
    assert (bars.phases[1].amount, bars.time_left) == ("paused", "paused")
    bars.set_paused(False)
    assert states(bars)[1] is State.ACTIVE


def test_cancelling_then_cancelled(bars: PhaseBars) -> None:
    bars.show_progress(COUNTED)
    bars.show_progress(MERGING)
    bars.set_cancelling()
    assert states(bars) == [State.DONE, State.CANCELLING, State.WAITING]
    bars.set_cancelled()
    assert states(bars) == [State.DONE, State.CANCELLED, State.NOT_BEGUN]
    assert bars.phases[1].share == pytest.approx(4812 / 9743)
    assert bars.time_left == ""


def test_a_failure_leaves_what_was_done(bars: PhaseBars) -> None:
    bars.show_progress(COUNTED)
    bars.show_progress(MERGING)
    bars.set_failed()
    assert [phase.amount for phase in bars.phases] == ["8.66 MB · 121 MB/s", "Failed", "not begun"]


def test_the_end(bars: PhaseBars) -> None:
    bars.show_progress(COUNTED)
    bars.show_progress(replace(MERGING, done=9743, seconds=0.8, finished=True))
    bars.begin("save")
    assert states(bars)[2] is State.ACTIVE
    assert bars.phases[2].share == 0
    bars.finish("save")
    assert (bars.time_left, bars.time_so_far) == ("done", "0.9 s in all")
    assert bars.accessibleDescription() == "Count 8.66 MB · 121 MB/s; Merge 9,743 · 12,300 /s; Save; done; 0.9 s in all"


def test_bars_look_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    made = [PhaseBars() for _ in range(5)]
    for bars in made:
        column.addWidget(bars)
        bars.show_progress(COUNTED)
        bars.show_progress(MERGING)
    made[1].set_paused(True)
    made[2].set_cancelling()
    made[3].set_failed()
    made[4].reset(("count", "merge", "save"))
    host.resize(900, 380)
    assert shot(host, f"phase-bars-{theme.name}") < ALLOWED
