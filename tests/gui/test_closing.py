"""Is a tokenizer that was trained and not saved lost without a word? Closing the window asks, and does what is said."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.main_window import MainWindow
from app.pages import PageSpec
from app.pages.bpe_training.actions import State
from app.pages.bpe_training.page import BpeTrainingPage
from app.pages.page import Page
from app.session import Session
from app.widgets.dialogs import RunningQuestion, SaveQuestion
from lmcore.bpe.tokenizer import Tokenizer
from tests.gui.bpe_page import PATIENCE, take_corpus, train, wait_for, write_large, write_story

SAVE, DISCARD, CANCEL = (
    QMessageBox.StandardButton.Save,
    QMessageBox.StandardButton.Discard,
    QMessageBox.StandardButton.Cancel,
)


@pytest.fixture
def trained(qtbot: QtBot, page: BpeTrainingPage, tmp_path: Path) -> BpeTrainingPage:
    """The page after a small training."""
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    return page


def question(qtbot: QtBot, window: MainWindow) -> SaveQuestion:
    """The question that closing the window brings up; the window stays meanwhile."""
    assert not window.close()
    assert window.isVisible()
    asked = [one for one in window.findChildren(SaveQuestion) if one.isVisible()]
    assert len(asked) == 1
    return asked[0]


def answer(asked: SaveQuestion, button: QMessageBox.StandardButton) -> None:
    QTest.mouseClick(asked.button(button), Qt.MouseButton.LeftButton)


def in_the_file_dialog(action: Callable[[QFileDialog], None]) -> None:
    """Do that once the file dialog is open: it runs a loop of its own."""

    def try_it() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog):
            action(dialog)
        else:
            QTimer.singleShot(20, try_it)

    QTimer.singleShot(20, try_it)


def name_folder(folder: Path) -> Callable[[QFileDialog], None]:
    def enter(dialog: QFileDialog) -> None:
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        box = dialog.findChild(QDialogButtonBox)
        assert line is not None
        assert box is not None
        line.setText(str(folder))
        box.button(QDialogButtonBox.StandardButton.Save).click()

    return enter


def test_nothing_is_asked_where_nothing_was_trained(window: MainWindow, page: BpeTrainingPage) -> None:
    assert window.close()


def test_the_question_says_what_is_lost_and_offers_three_ways(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage
) -> None:
    asked = question(qtbot, window)
    assert asked.text() == "The tokenizer “story”, 340 tokens, is not saved."
    assert asked.isModal()
    assert asked.standardButtons() == SAVE | DISCARD | CANCEL
    assert asked.button(SAVE).text() == "Save …"
    assert asked.defaultButton() is asked.button(SAVE)
    assert {type(asked.button(one)) for one in (SAVE, DISCARD, CANCEL)} == {QPushButton}


def test_cancel_and_escape_leave_everything_as_it_is(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage
) -> None:
    answer(question(qtbot, window), CANCEL)
    assert window.isVisible()
    QTest.keyClick(question(qtbot, window), Qt.Key.Key_Escape)
    assert window.isVisible()
    assert trained.state is State.FINISHED
    assert trained.unsaved


def test_discard_closes_the_window(qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage) -> None:
    answer(question(qtbot, window), DISCARD)
    assert not window.isVisible()


def test_closing_twice_asks_once(qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage) -> None:
    asked = question(qtbot, window)
    assert question(qtbot, window) is asked
    answer(asked, DISCARD)
    assert not window.isVisible()


def test_the_page_comes_to_the_front(qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage) -> None:
    window.show_page("bytes")
    qtbot.waitUntil(lambda: window.session.jobs.running == 0, timeout=PATIENCE)
    asked = question(qtbot, window)
    assert window.current == "bpe"
    answer(asked, CANCEL)


def test_nothing_is_asked_once_it_is_saved(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage, tmp_path: Path
) -> None:
    trained.save(tmp_path / "saved")
    wait_for(qtbot, trained, State.FINISHED)
    assert window.close()


def test_save_asks_for_a_folder_and_closes_when_it_is_written(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage, tmp_path: Path
) -> None:
    in_the_file_dialog(name_folder(tmp_path / "saved"))
    answer(question(qtbot, window), SAVE)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert Tokenizer.load(tmp_path / "saved").vocab_size == 340


def test_the_window_stays_where_no_folder_is_named(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage, tmp_path: Path
) -> None:
    left: list[QFileDialog] = []

    def leave(dialog: QFileDialog) -> None:
        dialog.reject()
        left.append(dialog)

    in_the_file_dialog(leave)
    answer(question(qtbot, window), SAVE)
    qtbot.waitUntil(lambda: bool(left), timeout=PATIENCE)
    assert window.isVisible()
    trained.save(tmp_path / "saved")
    wait_for(qtbot, trained, State.FINISHED)
    assert window.isVisible(), "that was not asked for any more"


def test_the_window_stays_where_nothing_can_be_written(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious.txt").write_text("mine", encoding="utf-8")
    in_the_file_dialog(name_folder(tmp_path / "full" / "precious.txt" / "below"))
    answer(question(qtbot, window), SAVE)
    qtbot.waitUntil(lambda: any(said.startswith("error") for said in trained.messages.shown), timeout=PATIENCE)
    assert window.isVisible()
    assert trained.unsaved


def test_a_training_that_runs_is_cancelled_before_the_one_before_it_is_saved(
    qtbot: QtBot, window: MainWindow, trained: BpeTrainingPage, tmp_path: Path
) -> None:
    take_corpus(qtbot, trained, write_large(tmp_path / "large.txt"), 32_000)
    trained.start()
    in_the_file_dialog(name_folder(tmp_path / "saved"))
    answer(question(qtbot, window), SAVE)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert Tokenizer.load(tmp_path / "saved").vocab_size == 340


def test_a_process_that_is_told_to_end_asks_nobody(window: MainWindow, trained: BpeTrainingPage) -> None:
    window.leave()
    assert not window.isVisible()


class TrainingAway(Page):
    """A page that started something which needs no window."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.stopped = 0

    @property
    def running(self) -> str:
        return "" if self.stopped else "The training “first” is at step 20 of 100."

    def stop_running(self) -> None:
        self.stopped += 1


@pytest.fixture
def away(qtbot: QtBot, dressed: QApplication, session: Session, tmp_path: Path) -> MainWindow:
    """A window in which something runs that needs no window."""
    spec = PageSpec("away", "Away", "What runs?", "Model", "layers", __name__, "TrainingAway")
    made = MainWindow(session, Appearance(dressed, session.settings), [spec], tmp_path / "log")
    qtbot.addWidget(made)
    made.show()
    made.show_page("away")
    return made


def asked_whether_to_leave(window: MainWindow) -> RunningQuestion:
    assert not window.close()
    found = [one for one in window.findChildren(RunningQuestion) if one.isVisible()]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("stops", [False, True])
def test_what_runs_without_the_window_is_left_or_stopped(away: MainWindow, stops: bool) -> None:
    page = away.stack.page("away")
    assert isinstance(page, TrainingAway)
    question = asked_whether_to_leave(away)
    assert question.text() == "The training “first” is at step 20 of 100."
    QTest.mouseClick(question.stop if stops else question.leave, Qt.MouseButton.LeftButton)
    assert not away.isVisible()
    assert page.stopped == stops


def test_the_window_stays_where_the_user_rather_does(away: MainWindow) -> None:
    QTest.keyClick(asked_whether_to_leave(away), Qt.Key.Key_Escape)
    assert away.isVisible()
    QTest.mouseClick(asked_whether_to_leave(away).leave, Qt.MouseButton.LeftButton)
    assert not away.isVisible()


def test_a_page_takes_once_what_another_one_hands_over(away: MainWindow) -> None:
    away.session.hand_over("away", "a shape")
    assert away.current == "away"
    assert away.session.take_handed("away") == "a shape"
    assert away.session.take_handed("away") is None
