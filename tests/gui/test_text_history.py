"""Does undoing lead back to every text that there was, and redoing forth again, of large edits too?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from pytestqt.qtbot import QtBot

from app.widgets.long_texts import SLICE
from app.widgets.text_box import TextBox
from app.widgets.text_history import MOST_BYTES, Change, History
from tests.gui.bpe_page import PATIENCE

pytestmark = pytest.mark.usefixtures("kernels")


def done(change: Change, text: bytes) -> bytes:
    """The text after a change."""
    assert text[change.position : change.position + len(change.removed)] == change.removed
    return text[: change.position] + change.inserted + text[change.position + len(change.removed) :]


def contents(box: TextBox) -> str:
    """What stands in the box, which is also what it tells."""
    text = box.document().toRawText().replace("\u2029", "\n")
    assert box.data.tobytes().decode() == text
    return text


pieces = st.sampled_from([b"", b"a", b" ", b"\n", b"word", "é".encode(), b"bc"])


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 3), pieces), max_size=30), st.integers(0, 30))
def test_every_text_comes_back(edits: list[tuple[int, int, bytes]], steps: int) -> None:
    history, text = History(), b"begin"
    for place, length, inserted in edits:
        position = place % (len(text) + 1)
        change = Change(position, text[position : position + length], inserted)
        text = done(change, text)
        history.record(change)
    last = text
    undone = 0
    while history.can_undo and undone < steps:
        back = history.undo()
        assert back is not None
        text, undone = done(back, text), undone + 1
    assert history.can_undo or text == b"begin"
    while (forth := history.redo()) is not None:
        text = done(forth, text)
    assert text == last


def test_a_new_change_ends_what_can_be_done_again() -> None:
    history = History()
    history.record(Change(0, b"", b"one"))
    history.undo()
    history.record(Change(0, b"", b"two"))
    assert not history.can_redo
    assert history.undo() == Change(0, b"two", b"")


def test_the_oldest_changes_give_way_to_memory() -> None:
    history, large = History(), bytes(MOST_BYTES // 2)
    for _ in range(4):
        history.record(Change(0, b"", large))
    kept = 0
    while history.undo() is not None:
        kept += 1
    assert kept == 2


def test_a_word_that_was_typed_is_one_step(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("")
    qtbot.keyClicks(box, "two words")
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert contents(box) == "two "
    box.undo()
    assert contents(box) == ""
    assert not box.can_undo
    box.redo()
    qtbot.keyClick(box, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert contents(box) == "two words"
    assert box.textCursor().position() == 9


def test_what_took_the_place_of_a_selection_is_one_step(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("one two")
    cursor = box.textCursor()
    cursor.setPosition(4)
    cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)
    qtbot.keyClicks(box, "x")
    assert contents(box) == "one x"
    box.undo()
    assert contents(box) == "one two"


def test_what_is_typed_behind_a_paste_is_a_step_of_its_own(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("")
    mime = QMimeData()
    mime.setText("pasted words")
    box.insertFromMimeData(mime)
    qtbot.keyClicks(box, "!?")
    box.undo()
    assert contents(box) == "pasted words"
    box.undo()
    assert contents(box) == ""


def test_what_is_deleted_behind_a_selection_is_a_step_of_its_own(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("one two three")
    cursor = box.textCursor()
    cursor.setPosition(4)
    cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClick(box, Qt.Key.Key_Backspace)
    qtbot.keyClick(box, Qt.Key.Key_Backspace)
    box.undo()
    assert contents(box) == "one "
    box.undo()
    assert contents(box) == "one two three"


@pytest.mark.parametrize("key", [Qt.Key.Key_Delete, Qt.Key.Key_Return, Qt.Key.Key_X])
def test_what_is_large_goes_and_comes_back_in_turns(qtbot: QtBot, box: TextBox, key: Qt.Key) -> None:
    line = "naïve 人 🎉\u00a0\n"
    text = line * (4 * SLICE // len(line))
    box.set_text(text)
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    box.selectAll()
    qtbot.keyClick(box, key)
    after = {Qt.Key.Key_Delete: "", Qt.Key.Key_Return: "\n", Qt.Key.Key_X: "x"}[key]
    assert box.data.tobytes().decode() == after
    assert not box.settled
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert contents(box) == after
    box.undo()
    assert box.data.tobytes().decode() == text
    assert not box.can_undo
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert contents(box) == text
    box.redo()
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert contents(box) == after


def test_what_is_cut_is_on_the_clipboard(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("one two")
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "one two"
    assert contents(box) == ""


def test_another_text_has_no_history(box: TextBox) -> None:
    box.set_text("one")
    box.textCursor().insertText("x")
    box.undo()
    assert contents(box) == "one"
    box.redo()
    box.set_text("two")
    box.undo()
    assert contents(box) == "two"
