"""Does a process that stays answer whenever it is asked, and does the window notice when it is gone?"""

import os
import signal
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from pytestqt.qtbot import QtBot

from app import processes
from app.processes import BUDGET, Dialogue
from tests.core.talking import long_model

PATIENCE = 30_000


class Heard:
    """What was told, in order; failures as texts."""

    def __init__(self, dialogue: Dialogue, qtbot: QtBot) -> None:
        self.all: list[dict[str, Any] | str] = []
        self._qtbot = qtbot
        dialogue.line.connect(self.all.append)
        dialogue.failed.connect(self.all.append)

    @property
    def events(self) -> list[str]:
        return [one["event"] for one in self.all if isinstance(one, dict)]

    @property
    def failures(self) -> list[str]:
        return [one for one in self.all if isinstance(one, str)]

    def until(self, *ends: str, number: int = 1) -> None:
        """Wait for so many of these events."""
        self._qtbot.waitUntil(lambda: sum(map(self.events.count, ends)) >= number, timeout=PATIENCE)


@pytest.fixture
def dialogue(qtbot: QtBot) -> Iterator[Dialogue]:
    made = Dialogue("generate")
    yield made
    made.close()


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_model(tmp_path_factory.mktemp("endless") / "model")


def process_of() -> psutil.Process:
    """The worker that runs."""
    (found,) = psutil.Process().children()
    return found


def generation(model: Path, **changes: Any) -> dict[str, Any]:
    return {"do": "generate", "id": 1, "model": str(model), "prompt": "a", "max_new_tokens": 19_000, **changes}


def work(seconds: float) -> None:
    """Keep the processor busy."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def test_it_starts_when_it_is_asked_and_stays(qtbot: QtBot, dialogue: Dialogue, endless: Path) -> None:
    heard = Heard(dialogue, qtbot)
    dialogue.stop()
    assert not dialogue.running
    dialogue.ask({"do": "open", "model": str(endless)})
    dialogue.ask({"do": "open", "model": "/no/such/folder"})
    heard.until("refused")
    worker = process_of()
    dialogue.ask(generation(endless, max_new_tokens=3))
    heard.until("done")
    assert heard.events == ["opened", "refused", "prompt", "token", "token", "token", "done"]
    assert process_of() == worker
    assert heard.failures == []


def test_a_stop_is_answered_and_the_process_stays(qtbot: QtBot, dialogue: Dialogue, endless: Path) -> None:
    heard = Heard(dialogue, qtbot)
    dialogue.ask(generation(endless))
    heard.until("token")
    dialogue.stop()
    heard.until("done")
    last = heard.all[-1]
    assert isinstance(last, dict)
    assert (last["ended"], last["tokens"]) == ("asked", heard.events.count("token"))
    assert last["tokens"] < 19_000
    assert dialogue.running


def test_one_that_does_not_stop_is_killed_and_what_was_asked_since_is_answered(
    qtbot: QtBot, dialogue: Dialogue, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "HEARING", 50)
    heard = Heard(dialogue, qtbot)
    killed: list[str] = []
    dialogue.killed.connect(killed.append)
    dialogue.ask(generation(endless))
    heard.until("token")
    os.kill(process_of().pid, signal.SIGSTOP)
    dialogue.ask(generation(endless, id=2))
    dialogue.stop()
    dialogue.ask(generation(endless, id=3, max_new_tokens=2))
    heard.until("done")
    assert killed == [processes.NOT_STOPPED]
    assert heard.failures == []
    assert {one["id"] for one in heard.all if isinstance(one, dict)} == {1, 3}
    dialogue.stop()
    dialogue.ask(generation(endless, id=4, max_new_tokens=2))
    heard.until("done", number=2)
    assert len(killed) == 1


def test_one_that_stops_in_time_stays(
    qtbot: QtBot, dialogue: Dialogue, endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience begins anew with every stop that is answered, and ends with the last."""
    heard = Heard(dialogue, qtbot)
    for number in range(1, 5):
        dialogue.ask(generation(endless, id=number))
        heard.until("token", number=heard.events.count("token") + 1)
        dialogue.stop()
    heard.until("done", number=4)
    qtbot.waitUntil(lambda: not dialogue._patience.isActive(), timeout=PATIENCE)
    assert (heard.failures, heard.events.count("stopped")) == ([], 0)
    assert dialogue.running


def test_a_killed_process_is_told_once_and_the_next_question_answered(
    qtbot: QtBot, dialogue: Dialogue, endless: Path
) -> None:
    heard = Heard(dialogue, qtbot)
    for times in (1, 2):
        dialogue.ask(generation(endless))
        heard.until("token", number=heard.events.count("token") + 1)
        os.kill(process_of().pid, signal.SIGKILL)
        qtbot.waitUntil(lambda times=times: len(heard.failures) >= times, timeout=PATIENCE)  # type: ignore[misc]
        assert heard.all[-1] == heard.failures[-1]
    dialogue.ask(generation(endless, max_new_tokens=2))
    heard.until("done")
    why = "The worker was ended from outside; perhaps the memory was full. Ask again, or choose a smaller model."
    assert heard.failures == [why] * 2


def test_a_question_in_the_moment_of_an_end_comes_behind_it(qtbot: QtBot, dialogue: Dialogue, endless: Path) -> None:
    """The process is gone, but its end is not told yet; whoever hears of it asks something else at once."""
    heard = Heard(dialogue, qtbot)
    dialogue.ask(generation(endless))
    heard.until("token")
    worker = process_of()
    os.kill(worker.pid, signal.SIGKILL)
    again = generation(endless, id=2, max_new_tokens=1)
    dialogue._process.finished.connect(lambda *_: dialogue.ask(again), Qt.ConnectionType.SingleShotConnection)
    dialogue.failed.connect(lambda _: dialogue.ask(again | {"id": 3}))
    heard.until("done", number=2)
    end = heard.all.index(heard.failures[0])
    assert {one["id"] for one in heard.all[:end] if isinstance(one, dict)} == {1}
    assert {one["id"] for one in heard.all[end + 1 :] if isinstance(one, dict)} == {2, 3}
    assert len(heard.failures) == 1


def test_why_it_could_not_work_is_told_in_its_own_words(qtbot: QtBot) -> None:
    dialogue = Dialogue("no-such-work")
    heard = Heard(dialogue, qtbot)
    dialogue.ask({"do": "open"})
    qtbot.waitUntil(lambda: len(heard.failures) == 1, timeout=PATIENCE)
    assert "invalid choice: 'no-such-work'" in heard.failures[0]
    assert not dialogue.running


def test_after_closing_nothing_is_told(qtbot: QtBot, dialogue: Dialogue, endless: Path) -> None:
    heard = Heard(dialogue, qtbot)
    dialogue.ask(generation(endless))
    heard.until("token")
    dialogue.close()
    assert not dialogue.running
    told = len(heard.all)
    for _ in range(20):  # the process is gone, and what it wrote is thrown away: nothing is waited for
        QCoreApplication.processEvents()
    assert len(heard.all) == told
    assert heard.failures == []


def test_the_window_has_its_turn_between_lines_that_take_long(qtbot: QtBot, dialogue: Dialogue, endless: Path) -> None:
    """However many lines have come: one that uses up the budget is followed by the window's turn."""
    heard, turns = Heard(dialogue, qtbot), QTimer(interval=0)
    seen: list[int] = []
    turns.timeout.connect(lambda: seen.append(len(heard.all)))
    dialogue.line.connect(lambda _: work(BUDGET))
    dialogue.ask(generation(endless, max_new_tokens=50))
    heard.until("prompt")
    turns.start()
    heard.until("done")
    turns.stop()
    assert heard.events.count("token") == 50
    assert {later - earlier for earlier, later in pairwise(seen)} <= {0, 1}
