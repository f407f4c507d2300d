"""Can control characters be read where a text is typed, and does the text stay what it is?"""

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.theme import LIGHT, Theme
from app.widgets.control_signs import MOST
from app.widgets.glyphs import GlyphCache
from app.widgets.long_texts import SLICE_LINES
from app.widgets.text_box import TextBox
from tests.gui.bpe_page import PATIENCE
from tests.gui.shots import ALLOWED, Shot

pytestmark = pytest.mark.usefixtures("kernels")


@pytest.fixture
def box(qtbot: QtBot, dressed: object) -> TextBox:
    made = TextBox("Text")
    qtbot.addWidget(made)
    made.resize(QSize(420, 120))
    with qtbot.waitExposed(made):
        made.show()
    return made


def names(box: TextBox) -> list[str]:
    return [sign.name for sign in box.signs()]


def test_each_has_its_name_in_a_place_as_wide_as_that(box: TextBox) -> None:
    box.set_text("a\0b🎉\x1b[0m\tc\n\x7f\x7f\x85é")
    signs = [*box.signs()]
    assert [sign.name for sign in signs] == ["NUL", "ESC", "DEL", "DEL", "NEL"]
    least = GlyphCache(fonts.MONO_AXIS.font()).width("NUL")
    assert all(sign.box.width() >= least for sign in signs)
    assert not any(one.box.intersects(other.box) for one in signs for other in signs if one is not other)
    cursor = QTextCursor(box.document())
    cursor.setPosition(1)
    assert box.cursorRect(cursor).center().x() == pytest.approx(signs[0].box.left(), abs=2)
    assert box.toPlainText().encode() == box.data.tobytes()


def test_they_follow_what_is_typed(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("one\0two\nthree")
    left = next(iter(box.signs())).box.left()
    qtbot.keyClicks(box, "xx")
    sign = next(iter(box.signs()))
    assert (sign.name, sign.box.left() > left + 5) == ("NUL", True)
    cursor = box.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.insertText("\x01\n\x02")
    assert names(box) == ["NUL", "SOH", "STX"]
    box.undo()
    assert names(box) == ["NUL"]
    cursor.setPosition(2)
    box.setTextCursor(cursor)
    for _ in range(4):
        qtbot.keyClick(box, Qt.Key.Key_Delete)
    assert names(box) == []
    assert box.toPlainText() == "xxtwo\nthree"


def test_they_are_there_in_large_texts_of_lines(qtbot: QtBot, box: TextBox) -> None:
    box.set_text("plain\n" * (2 * SLICE_LINES) + "\0\n" * SLICE_LINES + "\x1bend")
    qtbot.waitUntil(lambda: box.settled, timeout=PATIENCE)
    assert names(box) == []
    box.moveCursor(QTextCursor.MoveOperation.End)
    assert names(box)[-2:] == ["NUL", "ESC"]


def test_a_line_of_nothing_else_has_them_as_far_as_can_be_laid_out_soon(box: TextBox) -> None:
    box.resize(420, 3000)
    box.set_text("\0\1" * MOST)
    assert len(names(box)) == MOST
    box.set_text("\0" * 1000)
    assert len(names(box)) == 1000


def test_larger_letters_take_more_room(qtbot: QtBot, box: TextBox, dressed: object) -> None:
    box.set_text("\0")
    before = next(iter(box.signs())).box.width()
    style.apply(dressed, LIGHT, 1.5)  # type: ignore[arg-type]
    qtbot.waitUntil(lambda: next(iter(box.signs())).box.width() > before * 1.3)


def test_they_look_as_they_did(box: TextBox, theme: Theme, shot: Shot) -> None:
    box.set_text("before\0after\n\x1b[0m\x7f and \x85\x80, selected: \0\0")
    cursor = box.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor)
    box.setTextCursor(cursor)
    box.clearFocus()
    assert shot(box, f"control-signs-{theme.name}") < ALLOWED
