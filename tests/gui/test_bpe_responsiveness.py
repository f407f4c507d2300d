"""Does the window stay alive while 32,000 merges arrive as fast as they can be made?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.collector import Collector
from app.pages.bpe_training.actions import State
from app.pages.bpe_training.page import BpeTrainingPage
from app.session import Session
from tests.gui.bpe_page import take_corpus, train, write_large
from tests.gui.pulse import Pulse

LIMIT = 50.0
"""Milliseconds that the user may wait."""
MERGES = 32_000
RUNS = 5


@pytest.fixture
def collector(session: Session) -> Iterator[Collector]:
    made = Collector(session.jobs)
    yield made
    made.remove()


def test_the_window_never_waits_while_merges_arrive(
    qtbot: QtBot, page: BpeTrainingPage, collector: Collector, tmp_path: Path
) -> None:
    """The best of a few trainings counts: what else the machine does can only make a gap longer."""
    take_corpus(qtbot, page, write_large(tmp_path / "library.txt"), 256 + 1 + MERGES)
    train(qtbot, page)
    collector.settle()
    pulse, worst = Pulse(), list[float]()
    while len(worst) < RUNS and min(worst, default=LIMIT) >= LIMIT:
        page.start()
        worst.append(pulse.during(lambda: page.state is State.FINISHED).own)
    assert len(page.live.received) == MERGES
    assert min(worst) < LIMIT, f"the longest gaps of {RUNS} trainings, in ms: {worst}"
