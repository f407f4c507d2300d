"""Does a worker process tell what it finds, say why it failed, and end when it is told to?"""

from collections.abc import Iterator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.processes import Worker

PATIENCE = 30_000


class Heard:
    """What a worker told, in order."""

    def __init__(self, worker: Worker) -> None:
        self.lines: list[dict[str, Any]] = []
        self.ends: list[str] = []
        worker.line.connect(self.lines.append)
        worker.finished.connect(lambda: self.ends.append("finished"))
        worker.failed.connect(lambda why: self.ends.append(f"failed: {why}"))
        worker.stopped.connect(lambda: self.ends.append("stopped"))


@pytest.fixture
def worker(qtbot: QtBot) -> Iterator[Worker]:
    made = Worker("measure")
    yield made
    made.close()


def wait(qtbot: QtBot, worker: Worker) -> None:
    qtbot.waitUntil(lambda: not worker.running, timeout=PATIENCE)


def test_it_says_why_it_failed_and_can_be_used_again(qtbot: QtBot, worker: Worker) -> None:
    heard = Heard(worker)
    for _ in range(2):
        worker.start({"batch": 1})
        wait(qtbot, worker)
    assert heard.ends == ["failed: The request for a measurement lacks 'architecture'."] * 2
    assert heard.lines == []


def test_an_unknown_worker_is_told_in_a_sentence(qtbot: QtBot) -> None:
    worker = Worker("no-such-work")
    heard = Heard(worker)
    worker.start({})
    wait(qtbot, worker)
    assert len(heard.ends) == 1
    assert "invalid choice: 'no-such-work'" in heard.ends[0]


def test_it_stops_when_it_is_told_to(qtbot: QtBot, worker: Worker) -> None:
    heard = Heard(worker)
    worker.start({"batch": 1})
    worker.stop()
    worker.stop()
    wait(qtbot, worker)
    assert heard.ends == ["stopped"]


def test_closing_ends_it_at_once(qtbot: QtBot, worker: Worker) -> None:
    heard = Heard(worker)
    worker.start({"batch": 1})
    worker.close()
    assert not worker.running
    assert heard.ends == ["stopped"]
