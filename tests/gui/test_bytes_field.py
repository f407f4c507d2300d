"""Does a field hold any bytes, give them back, and let letters be typed among what is no character?"""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QTextCursor
from pytestqt.qtbot import QtBot

from app import fonts
from app.widgets.byte_cards import ByteCards
from app.widgets.bytes_field import BytesField
from app.widgets.fact_table import Cell, Column, FactTable, Run, text_cell
from app.widgets.figures import Figures
from lmcore.text.lanes import Span
from lmcore.text.malformed import explain
from lmcore.text.utf8 import unit_at

ODD = b"a\xe5\xa5=\xe2\x80\xae\0\r\n\xed\xa0\x80\xef\xbf\xbc\xf0\x9f\x91\xa9"


@pytest.fixture
def field(qtbot: QtBot) -> BytesField:
    made = BytesField()
    qtbot.addWidget(made)
    made.resize(700, 60)
    with qtbot.waitExposed(made):
        made.show()
    return made


def put_cursor(field: BytesField, position: int, anchor: int | None = None) -> None:
    cursor, mode = field.textCursor(), QTextCursor.MoveMode
    cursor.setPosition(position if anchor is None else anchor)
    cursor.setPosition(position, mode.MoveAnchor if anchor is None else mode.KeepAnchor)
    field.setTextCursor(cursor)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))
@example(ODD)
@example(b"\n\n")
@example("\u2029\u2028\x85\u200d".encode())
def test_any_bytes_are_held_and_given_back(field: BytesField, data: bytes) -> None:
    field.show_plain("other")
    field.show_bytes(data)
    field._content = None
    assert field.content() == data


def test_nothing_odd_is_in_the_field_as_text(field: BytesField) -> None:
    field.show_bytes(ODD)
    assert not set(field.toPlainText()) & set("\u202e\0\r\ud800")
    field.grab()


def test_letters_typed_among_malformed_bytes_are_letters(qtbot: QtBot, field: BytesField) -> None:
    field.show_bytes(b"a\xe5\xa5=")
    put_cursor(field, 2)
    with qtbot.waitSignal(field.bytes_edited) as edited:
        qtbot.keyClicks(field, "x")
    assert edited.args == [b"a\xe5\xa5x="]
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    assert field.content() == b"a="


def test_bytes_that_come_together_become_a_character(qtbot: QtBot, field: BytesField) -> None:
    field.show_bytes("€".encode()[:1] + b"x" + "€".encode()[1:])
    put_cursor(field, 2)
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    assert field.content() == "€".encode()
    assert field.toPlainText() == "€"


def test_undo_belongs_to_the_page(qtbot: QtBot, field: BytesField) -> None:
    for keys, signal in (("z", field.undo_asked), ("y", field.redo_asked)):
        with qtbot.waitSignal(signal):
            shift = Qt.KeyboardModifier.ShiftModifier if keys == "y" else Qt.KeyboardModifier.NoModifier
            qtbot.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | shift)


def test_a_selection_in_the_field_is_one_of_bytes(qtbot: QtBot, field: BytesField) -> None:
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.show_bytes("é\n👩x".encode())
    with qtbot.waitSignal(field.span_selected) as told:
        put_cursor(field, field.document().characterCount() - 2, 1)
    assert told.args == [Span(2, 7)]


def test_the_cursor_stays_at_its_byte(field: BytesField) -> None:
    field.show_bytes(b"abcdef")
    put_cursor(field, 3)
    field.show_bytes("äbcdef".encode())
    assert field.textCursor().position() == 2
    field.show_bytes(b"a")
    assert field.textCursor().position() == 1


def test_text_is_pasted_and_copied_whole(qtbot: QtBot, field: BytesField) -> None:
    field.show_bytes(b"ab")
    put_cursor(field, 1)
    pasted = QMimeData()
    pasted.setText("\u202e\0é")
    with qtbot.waitSignal(field.bytes_edited) as edited:
        field.insertFromMimeData(pasted)
    assert edited.args == ["a\u202e\0éb".encode()]
    field.show_bytes(edited.args[0] + b"\xff")
    field.selectAll()
    field.copy()
    assert QGuiApplication.clipboard().text() == "a\u202e\0éb\ufffd"


def test_plain_forms_give_what_was_typed(qtbot: QtBot, field: BytesField) -> None:
    field.show_plain("E5 ")
    put_cursor(field, 3)
    with qtbot.waitSignal(field.text_edited) as edited:
        qtbot.keyClicks(field, "A")
    assert edited.args == ["E5 A"]


def test_it_grows_with_its_lines_up_to_four(field: BytesField) -> None:
    heights = []
    for lines in (1, 2, 4, 9):
        field.show_bytes(b"x\n" * (lines - 1) + b"x")
        heights.append(field.sizeHint().height())
    assert heights[0] < heights[1] < heights[2] == heights[3]


@pytest.fixture
def table(qtbot: QtBot) -> FactTable:
    columns = (Column("Name"), Column("Text", stretch=True, least=40), Column("Bytes", number=True))
    made = FactTable(columns, "Facts", leads=True)
    first = [text_cell("one"), text_cell("a long text " * 9), text_cell("12")]
    made.show_rows([first, [text_cell("two"), Cell(bars=(0.5, 1.0)), text_cell("3")]])
    qtbot.addWidget(made)
    made.resize(300, made.sizeHint().height())
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_rows_are_chosen_by_click_and_by_keys(qtbot: QtBot, table: FactTable) -> None:
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(30, 26 + 39))
    assert chosen.args == [1]
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Up)
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert chosen.args == [0]
    with qtbot.assertNotEmitted(table.chosen):
        qtbot.mouseClick(table, Qt.MouseButton.LeftButton, pos=QPoint(30, 10))


def test_a_table_asks_for_the_room_of_its_numbers_and_tells_its_rows(table: FactTable) -> None:
    before = table.minimumSizeHint().width()
    table.show_rows([[text_cell("one"), Cell((Run("x", "error"),)), text_cell("12,345,678")]])
    assert table.minimumSizeHint().width() > before
    assert table.accessibleDescription() == "one, x, 12,345,678"
    assert table.sizeHint().height() == 2 * 26 + 1


def test_cards_tell_each_byte_and_stand_three_to_a_line(qtbot: QtBot) -> None:
    cards = ByteCards()
    qtbot.addWidget(cards)
    cards.resize(400, 80)
    data = b"\xf0\x9f\x99="
    cards.show_evidence(explain(data, unit_at(data, 0)).evidence)
    assert cards.accessibleName().startswith("F0 lead byte, promises three more; 9F continuation")
    assert cards.heightForWidth(400) == 2 * 71 + 8
    cards.show_evidence(explain(b"\xe5", unit_at(b"\xe5", 0)).evidence)
    assert "end the end" in cards.accessibleName()
    cards.grab()


def test_figures_ask_for_more_room_only_when_they_grow(qtbot: QtBot) -> None:
    line = Figures()
    qtbot.addWidget(line)
    line.show_pairs([("28", "bytes"), ("13", "tokens")])
    width = line.sizeHint().width()
    line.show_pairs([("27", "bytes"), ("9", "tokens")])
    assert line.sizeHint().width() == width
    assert line.accessibleName() == "27 bytes, 9 tokens"
    line.show_pairs([("1,000,027", "bytes"), ("9", "tokens")])
    assert line.sizeHint().width() > width


def test_every_card_has_room_for_its_words(qtbot: QtBot) -> None:
    cards, data = ByteCards(), b"\xc0\x80"
    qtbot.addWidget(cards)
    cards.show_evidence(explain(data, unit_at(data, 0)).evidence)
    metrics, room = QFontMetrics(fonts.AXIS.font()), QRect(0, 0, (250 - 8) // 2 - 16, 999)
    wrapped = [metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, one.words).height() for one in cards.evidence]
    assert max(wrapped) > 71 - 32
    assert cards.heightForWidth(250) >= 32 + max(wrapped)
    assert cards.heightForWidth(600) == 71
