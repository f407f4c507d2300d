"""Is what the box tells of its text always the text that stands in it?"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from app.widgets import long_texts, taken_text
from app.widgets.long_texts import LONGEST_LINE, SLICE, SLICE_LINES, for_qt, with_shorter_lines
from app.widgets.taken_text import PART, longest_line, taken
from app.widgets.text_box import SHOWN, TextBox
from tests.gui.bpe_page import PATIENCE

pytestmark = pytest.mark.usefixtures("kernels")

LINE = "All work and no play, 人类 and 🎉 too.\n"


class Follower:
    """Does with bytes of its own what a box tells."""

    def __init__(self, box: TextBox) -> None:
        self.data, self.box = box.data.tobytes(), box
        box.edited.connect(self.edit)
        box.replaced.connect(self.replace)
        self.replacements = 0

    def edit(self, position: int, removed: int, inserted: bytes) -> None:
        self.data = self.data[:position] + inserted + self.data[position + removed :]
        assert self.data == self.box.data.tobytes()

    def replace(self) -> None:
        self.data = self.box.data.tobytes()
        self.replacements += 1


def paste(box: TextBox, text: str) -> None:
    mime = QMimeData()
    mime.setText(for_qt(text))
    box.insertFromMimeData(mime)


def units(text: str) -> int:
    """Its length as Qt counts."""
    return len(text.encode("utf-16-le")) // 2


words = st.sampled_from(
    ["a", " ", "\n", "é", "人", "🎉", "👩‍🚀", "word ", "x\ny\n", "\u00a0", "\u2028", "\x00", "\t", "\ufeff"]
)
steps = st.tuples(st.integers(0, 1 << 16), st.integers(0, 6), words)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(words, max_size=12).map("".join), changes=st.lists(steps, max_size=12))
def test_any_edits_are_told(box: TextBox, text: str, changes: list[tuple[int, int, str]]) -> None:
    box.set_text(text)
    follower, first = Follower(box), text
    for place, length, word in changes:
        start = place % (len(text) + 1)
        end = min(len(text), start + length)
        cursor = box.textCursor()
        cursor.setPosition(units(text[:start]))
        cursor.setPosition(units(text[:end]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(for_qt(word))
        text = text[:start] + word + text[end:]
        assert follower.data.decode() == text
    while box.can_undo:
        box.undo()
    assert follower.data.decode() == first
    assert follower.replacements == 0
    box.edited.disconnect(follower.edit)
    box.replaced.disconnect(follower.replace)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(words, max_size=12).map("".join), places=st.lists(st.tuples(st.integers(), st.integers(0, 6))))
def test_the_bytes_of_the_caret_are_told_and_can_be_selected(
    box: TextBox, text: str, places: list[tuple[int, int]]
) -> None:
    box.set_text(text)
    told: list[tuple[int, int]] = []
    box.caret_moved.connect(lambda start, end: told.append((start, end)))
    for place, length in places:
        start = place % (len(text) + 1)
        end = min(len(text), start + length)
        span = (len(text[:start].encode()), len(text[:end].encode()))
        told.clear()
        box.select_bytes(*span)
        cursor = box.textCursor()
        assert (cursor.selectionStart(), cursor.selectionEnd()) == (units(text[:start]), units(text[:end]))
        assert not told or told[-1] == span
    box.caret_moved.disconnect()


@pytest.mark.parametrize("by_paste", [True, False])
def test_a_mark_of_byte_order_is_kept(box: TextBox, by_paste: bool) -> None:
    text = "\ufeffmarked"
    paste(box, text) if by_paste else box.set_text(text)
    assert box.data.tobytes().decode() == text
    assert box.document().toRawText() == text


def test_a_large_selection_is_moved_with_the_mouse(qtbot: QtBot, box: TextBox) -> None:
    """Qt removes and inserts in one block then, and tells of both at its end."""
    text = LINE * (2 * SLICE // len(LINE))
    box.set_text(text)
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    behind, cut = QTextCursor(box.document()), len(LINE) * (SLICE // len(LINE) + 1)
    behind.movePosition(QTextCursor.MoveOperation.End)
    moved = QTextCursor(box.document())
    moved.setPosition(units(text[:cut]), QTextCursor.MoveMode.KeepAnchor)
    behind.beginEditBlock()
    moved.removeSelectedText()
    box.setTextCursor(behind)
    paste(box, "moved\n" + text[:cut])
    behind.endEditBlock()
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.data.tobytes().decode() == box.document().toPlainText() == text[cut:] + "moved\n" + text[:cut]


def test_a_key_is_one_edit(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("naïve 🎉 text")
    cursor = box.textCursor()
    cursor.setPosition(9)
    box.setTextCursor(cursor)
    with qtbot.waitSignal(box.edited) as told:
        qtbot.keyClick(box, Qt.Key.Key_X)
    assert told.args == [len("naïve 🎉 ".encode()), 0, b"x"]
    with qtbot.waitSignal(box.edited) as told:
        qtbot.keyClick(box, Qt.Key.Key_Backspace)
    assert told.args == [len("naïve 🎉 ".encode()), 1, b""]


def test_what_is_large_is_told_at_once_and_shown_little_by_little(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("before after")
    follower, text = Follower(box), LINE * (5 * SLICE // len(LINE))
    cursor = box.textCursor()
    cursor.setPosition(7)
    box.setTextCursor(cursor)
    paste(box, text)
    assert follower.data.decode() == f"before {text}after"
    assert box.isReadOnly()
    assert not box.settled
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.toPlainText() == f"before {text}after"
    assert not box.isReadOnly()
    qtbot.keyClick(box, Qt.Key.Key_End)
    qtbot.keyClick(box, Qt.Key.Key_X)
    assert follower.data.decode() == box.toPlainText()
    assert follower.replacements == 0


@pytest.mark.parametrize("by_paste", [False, True])
def test_what_is_huge_is_looked_through_in_turns(qtbot: QtBot, box: TextBox, by_paste: bool) -> None:
    box.set_text("before")
    follower, text = Follower(box), "naïve\r\n" * (3 * PART // 7)
    box.selectAll()
    told: list[str] = []
    box.adapted.connect(told.append)
    paste(box, text) if by_paste else box.set_text(text)
    assert (follower.data, box.toPlainText()) == (b"before", "before")
    assert box.isReadOnly()
    assert not box.settled
    qtbot.keyClick(box, Qt.Key.Key_Home)  # the place of a paste is where it was asked for
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.toPlainText() == text.replace("\r\n", "\n")
    assert follower.data.decode() == box.toPlainText()
    assert follower.replacements == (not by_paste)
    assert told == ["The box knows one line end. CR LF became LF."]
    assert not box.isReadOnly()


def test_another_text_takes_the_place_of_one_that_is_looked_through(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("x\n" * PART)
    box.set_text("short")
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    qtbot.keyClick(box, Qt.Key.Key_X)
    assert box.toPlainText() == "xshort" == box.data.tobytes().decode()


def test_a_huge_line_is_pasted_into_a_text(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("né🎉\ntwo")
    cursor = box.textCursor()
    cursor.setPosition(5)
    box.setTextCursor(cursor)
    paste(box, "x" * (2 * PART))
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.is_excerpt
    assert box.data.tobytes() == "né🎉\n".encode() + b"x" * (2 * PART) + b"two"
    assert box.toPlainText().startswith("né🎉\nxxx")


@given(
    text=st.text(
        st.sampled_from(["a", "\n", "\r", "é", "🎉", "\u2029", "\ud83d", "\ude00", "\udc80", " "]), max_size=60
    ),
    part=st.integers(1, 9),
)
def test_a_text_is_taken_in_alike_in_parts_of_any_size(text: str, part: int) -> None:
    whole = taken(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taken_text, "PART", part)
        divided = taken(text)
    assert divided.data.tobytes() == whole.data.tobytes()
    assert (divided.text, divided.units, divided.longest, divided.ends) == (
        whole.text,
        whole.units,
        whole.longest,
        whole.ends,
    )
    assert whole.text == text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n")
    assert whole.longest == max(map(len, whole.data.tobytes().split(b"\n")))


def test_many_lines_are_shown_little_by_little(qtbot: QtBot, box: TextBox) -> None:
    text = "\n" * (3 * SLICE_LINES) + "end"
    paste(box, text)
    assert not box.settled
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.toPlainText() == text == box.data.tobytes().decode()
    box.set_text(text)
    assert not box.settled
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.toPlainText() == text


def test_a_large_text_takes_the_place_of_what_is_selected(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("all of this 🎉 goes")
    follower, text = Follower(box), LINE * (2 * SLICE // len(LINE))
    box.selectAll()
    paste(box, text)
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert follower.data.decode() == text == box.toPlainText()


def test_another_large_text_is_shown_from_its_beginning(qtbot: QtBot, box: TextBox) -> None:
    text = LINE * (3 * SLICE // len(LINE))
    box.set_text(text)
    box.set_text("short")
    assert box.settled
    assert box.toPlainText() == "short"
    box.set_text(text)
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert box.toPlainText() == text == box.data.tobytes().decode()
    assert box.textCursor().position() == 0


@pytest.mark.parametrize("by_paste", [False, True])
def test_a_line_that_is_too_long_is_shown_in_part(qtbot: QtBot, box: TextBox, by_paste: bool) -> None:
    text = "x" * (LONGEST_LINE + 1)
    with qtbot.waitSignals([box.adapted, box.replaced]):
        if by_paste:
            paste(box, text)
        else:
            box.set_text(text)
    assert box.is_excerpt
    assert box.isReadOnly()
    assert box.data.tobytes() == text.encode()
    assert len(box.toPlainText()) == SHOWN
    paste(box, "more")
    assert box.data.tobytes() == text.encode()
    box.set_text("")
    assert (box.is_excerpt, box.isReadOnly()) == (False, False)


def test_a_long_line_can_be_typed_in(qtbot: QtBot, box: TextBox) -> None:
    text = "x" * (LONGEST_LINE - 10)
    paste(box, text)
    assert (box.is_excerpt, box.toPlainText()) == (False, text)
    qtbot.keyClicks(box, "yz")
    assert box.data.tobytes() == (text + "yz").encode()
    paste(box, "not as much again")
    assert (box.is_excerpt, len(box.toPlainText())) == (True, SHOWN)
    assert box.data.tobytes().endswith(b"yznot as much again")


@given(text=st.text(st.sampled_from(["a", " ", "\n", "é"]), max_size=80), size=st.integers(1, 9))
def test_lines_are_broken_without_loss(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_texts, "WORD_WRAPPED", size)
        broken, added = with_shorter_lines(text)
    assert broken.count("\n") == text.count("\n") + added
    assert broken.replace("\n", "") == text.replace("\n", "")
    assert max(map(len, broken.split("\n"))) <= size


def test_line_ends_are_added_and_it_says_so(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("word " * LONGEST_LINE)
    with qtbot.waitSignal(box.adapted) as told:
        box.break_lines()
    added = box.data.tobytes().count(b"\n")
    assert told.args == [f"{added} line ends were added to the text."]
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert not box.isReadOnly()
    assert box.toPlainText().encode() == box.data.tobytes()


@pytest.mark.parametrize("by_paste", [False, True])
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a\r\nb\rc\nd\u2029e", "CR LF, CR and U+2029"),
        ("a\r\nb", "CR LF"),
        ("a\ufdd0b\ufdd1c", "U+FDD0 and U+FDD1"),
    ],
)
def test_line_ends_become_one_kind_and_it_says_so(
    qtbot: QtBot, box: TextBox, text: str, names: str, by_paste: bool
) -> None:
    with qtbot.waitSignal(box.adapted) as told:
        paste(box, text) if by_paste else box.set_text(text)
    assert told.args == [f"The box knows one line end. {names} became LF."]
    lines = text.replace("\r\n", "\n").translate(dict.fromkeys(map(ord, "\r\u2029\ufdd0\ufdd1"), "\n"))
    assert box.data.tobytes() == lines.encode() == box.toPlainText().encode()


def test_a_text_that_has_gone_is_told(qtbot: QtBot, box: TextBox) -> None:
    paste(box, "one\rtwo")
    with qtbot.assertNotEmitted(box.left):
        qtbot.keyClicks(box, "xy")
        qtbot.keyClick(box, Qt.Key.Key_Backspace)
    box.selectAll()
    told: list[str] = []
    box.left.connect(lambda: told.append("left"))
    box.adapted.connect(told.append)
    paste(box, "three\rfour")
    assert told == ["left", "The box knows one line end. CR became LF."]


@pytest.mark.parametrize(("text", "length"), [("", 0), ("ab", 2), ("a\n", 1), ("\nabc\nd", 3), ("é\n\n", 2)])
def test_the_longest_line_in_bytes(text: str, length: int) -> None:
    assert longest_line(np.frombuffer(text.encode(), np.uint8)) == length
