"""Has everything that waits its turn, in the right order, whatever becomes of the others?"""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.widgets.turns import Chore, Turns


@pytest.fixture
def turns(qapp: QApplication) -> Turns:
    return Turns(qapp)


def test_what_is_asked_for_first_comes_before_what_waits_and_once(qtbot: QtBot, turns: Turns) -> None:
    done: list[str] = []
    one, other = Chore(turns, lambda: done.append("one")), Chore(turns, lambda: done.append("other"))
    one.ask()
    other.ask()
    one.ask()
    other.ask(first=True)
    qtbot.waitUntil(lambda: turns.rest)
    assert done == ["other", "one"]


def test_what_fails_has_had_its_turn_and_the_others_have_theirs(qtbot: QtBot, turns: Turns) -> None:
    done: list[int] = []

    def fail() -> None:
        raise ValueError("it cannot be done")

    with qtbot.captureExceptions() as errors:
        Chore(turns, fail).ask()
        Chore(turns, lambda: done.append(1)).ask()
        qtbot.waitUntil(lambda: turns.rest)
    assert done == [1]
    assert [kind for kind, _error, _trace in errors] == [ValueError]
