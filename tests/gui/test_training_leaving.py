"""Do trainings go on, wait or end as the user says when the window is closed, and does the next one find them?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.training.places import EMPTY
from app.widgets.buttons import Button
from app.widgets.dialogs import RunningQuestion
from lmcore.cli import main
from lmcore.paths import resource
from lmcore.training import queueing
from lmcore.training.handing import Asked, hand_over
from lmcore.training.run_folder import RunFolder
from tests.gui.training_page import PATIENCE, page_of, reach, run_of, small


def test_closing_in_the_middle_of_a_run_leaves_it_and_the_next_window_finds_it(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    page = page_of(window)
    page.start(small(tmp_path, training__steps=100_000, checkpoint__every=100_000), queue=True)
    reach(qtbot, page, "running")
    leave(window)
    run = run_of(page)
    assert run.is_alive
    again = page_of(open_window())
    reach(qtbot, again, "running")
    step = again.known.runs[run.path].step
    qtbot.waitUntil(lambda: again.known.runs[run.path].step > step, timeout=PATIENCE)


def test_closing_may_stop_what_runs(qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    window = open_window()
    page = page_of(window)
    page.start(small(tmp_path, training__steps=100_000), queue=True)
    reach(qtbot, page, "running")
    assert not window.close()
    (question,) = window.findChildren(RunningQuestion)
    QTest.mouseClick(question.stop, Qt.MouseButton.LeftButton)
    run = run_of(page)
    qtbot.waitUntil(lambda: not run.is_alive, timeout=PATIENCE)
    assert run.state().status == "paused"


def test_closing_right_after_a_start_asks(qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path) -> None:
    """What was launched is about to train, whether or not its worker has the run yet."""
    window = open_window()
    page = page_of(window)
    page.start(small(tmp_path, training__steps=100_000), queue=True)
    qtbot.waitUntil(lambda: bool(page.known.runs), timeout=PATIENCE)
    assert page.running
    assert not window.close()
    (question,) = window.findChildren(RunningQuestion)
    QTest.mouseClick(question.stay, Qt.MouseButton.LeftButton)
    reach(qtbot, page, "running")


def test_what_waits_while_nothing_trains_it_is_offered_to_go_on(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    page = page_of(open_window())
    page.start(small(tmp_path, training__steps=100_000), queue=True)
    reach(qtbot, page, "running")
    page.start(small(tmp_path, training__steps=3), queue=True)
    qtbot.waitUntil(lambda: "1 more waits" in page.running, timeout=PATIENCE)
    page.stop_running()
    root = page.acting.root
    qtbot.waitUntil(lambda: not queueing.is_worked_off(root), timeout=PATIENCE)
    again = page_of(open_window())
    qtbot.waitUntil(lambda: any("no process trains" in said for said in again.waits.shown), timeout=PATIENCE)
    assert again.running == ""
    again.set_up()
    again.setup.left.emit()
    assert len(again.waits.shown) == 1, "as long as that lasts, whatever else is said"
    (go_on,) = (button for button in again.waits.findChildren(Button) if button.text() == "Let them go on")
    QTest.mouseClick(go_on, Qt.MouseButton.LeftButton)
    reach(qtbot, again, "finished")
    assert (again.waits.shown, again.messages.shown) == ([], [])


def leave(window: MainWindow) -> None:
    """Close a window and leave running what is."""
    assert not window.close()
    (question,) = window.findChildren(RunningQuestion)
    QTest.mouseClick(question.leave, Qt.MouseButton.LeftButton)
    assert not window.isVisible()


def to_be_encoded(folder: Path, **changes: Any) -> dict[str, Any]:
    """The tables of a training whose text is encoded first, which takes longer than closing a window."""
    corpus = folder / "corpus.txt"
    corpus.write_text("Call me Ishmael. " * 500_000, encoding="utf-8")
    data = {"corpus": [str(corpus)], "tokenizer": str(resource("sample/tokenizer"))}
    return small(folder, **changes) | {"name": "handed", "data": data}


def test_a_run_that_is_being_made_goes_on_without_the_window(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    page = page_of(window)
    page.start(to_be_encoded(tmp_path, training__steps=2), queue=True)
    assert page.running.startswith("A run is being made")
    leave(window)
    again = page_of(open_window())
    reach(qtbot, again, "finished")
    assert again.known.runs[run_of(again).path].name == "handed"


def test_runs_that_are_being_made_when_the_window_is_closed_wait_behind_the_one_that_trains(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    window = open_window()
    page = page_of(window)
    page.start(small(tmp_path, training__steps=100_000, checkpoint__every=100_000), queue=True)
    reach(qtbot, page, "running")
    first = run_of(page)
    sweep = {"sweep": {"optimizer.learning_rate": [1e-3, 1e-2, 1e-1]}}
    page.starting.start(to_be_encoded(tmp_path, training__steps=2) | sweep, queue=True, parent=first.name)
    leave(window)
    again = page_of(open_window())
    qtbot.waitUntil(lambda: len(again.known.waiting) == 3, timeout=PATIENCE)
    assert [run.path for run in again.known.alive] == [first.path]
    rates = [run.config["optimizer.learning_rate"] for run in again.known.waiting]
    assert rates == [1e-3, 1e-2, 1e-1]
    assert {RunFolder(run.path).about()["parent"] for run in again.known.waiting} == {first.name}
    again.stop_running()
    qtbot.waitUntil(lambda: not again.known.alive and not queueing.is_worked_off(again.acting.root), timeout=PATIENCE)
    assert len(again.known.waiting) == 3


def test_what_could_not_be_made_without_a_window_is_told_by_the_next_one(
    qtbot: QtBot, open_window: Callable[[], MainWindow], tmp_path: Path
) -> None:
    page = page_of(open_window())
    qtbot.waitUntil(lambda: page.shown == EMPTY)
    tables = small(tmp_path)
    (tmp_path / "tokens-0.bin").unlink()
    file = hand_over(page.acting.root, Asked(tables))
    assert main(["worker", "make", str(file)]) == 2
    qtbot.waitUntil(lambda: any("“small” could not be made" in said for said in page.messages.shown))
    assert "tokens-0.bin" in page.messages.shown[0]
    assert list(file.parent.iterdir()) == []
    again = page_of(open_window())
    qtbot.waitUntil(lambda: again.shown == EMPTY)
    assert again.messages.shown == []
