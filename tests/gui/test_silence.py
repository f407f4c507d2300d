"""Is a run that trains and says nothing told of, by a clock that nobody sets, until it is heard again?"""

from dataclasses import replace

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.pages.training.silence import Silence
from tests.gui.overviews import overview


class Clock:
    """Seconds that a test lets pass."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_run_that_says_nothing_is_told_of_until_it_is_heard_again(qtbot: QtBot) -> None:
    clock, said, parent = Clock(), list[str](), QObject()
    silence = Silence(parent, clock)
    silence.told.connect(said.append)
    loud, silent = overview("loud"), overview("silent")
    silence.hear([loud, silent])
    clock.now += 59
    loud = replace(loud, step=loud.step + 1)
    silence.hear([loud, silent])
    assert said == []
    clock.now += 2
    silence.look()
    assert said[-1].startswith("Nothing has come from “silent” for 1 min.")
    silence.look()
    assert len(said) == 1
    clock.now += 60
    silence.look()
    assert "“silent” for 2 min" in said[-1], "who has said nothing for longest, though the other is silent as well"
    silence.hear([loud, replace(silent, step=silent.step + 1)])
    assert "“loud” for 1 min" in said[-1]
    silence.hear([replace(silent, step=silent.step + 1)])
    assert said[-1] == "", "nobody waits for a run that has ended"
