"""Is what is selected in one lane selected in all, are bytes changed in place, and is any text drawn?"""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.theme import Theme
from app.widgets.lanes_cells import cell_at, text_cells
from app.widgets.lanes_metrics import Lane, LanesMetrics
from app.widgets.lanes_view import LanesView
from app.widgets.lines import Lines
from lmcore.text.lanes import Span, lanes
from tests.gui.bytes_page import EDITED
from tests.gui.shots import ALLOWED, Shot, pixels


@dataclass(frozen=True)
class Token:
    start: int
    end: int
    token_id: int


@dataclass(frozen=True)
class Window:
    """What a tokenizer's window says, made by hand: whole words, tokens of two bytes."""

    pretokens: tuple[Span, ...]
    tokens: tuple[Token, ...]


def window_of(data: bytes, _start: int, _end: int) -> Window:
    words = [Span(0, 5), Span(5, 12), Span(12, len(data))] if len(data) > 12 else [Span(0, len(data))]
    return Window(tuple(words), tuple(Token(at, min(at + 2, len(data)), 300 + at) for at in range(0, len(data), 2)))


@pytest.fixture
def view(qtbot: QtBot) -> LanesView:
    made = LanesView()
    qtbot.addWidget(made)
    made.resize(1250, made.height())
    made.show_windows(window_of)  # type: ignore[arg-type]  # it has the fields that are used
    made.show_data(EDITED)
    with qtbot.waitExposed(made):
        made.show()
    return made


def point(view: LanesView, lane: Lane, byte: int) -> QPoint:
    """The middle of a byte's column in a lane."""
    metrics, scroll = LanesMetrics.now(), view.horizontalScrollBar().value()
    box = metrics.box(lane, byte, byte + 1, scroll)
    return QPointF(box.center().x(), box.top() + 8).toPoint()


@pytest.mark.parametrize(
    ("lane", "byte", "span"),
    [
        (Lane.GRAPHEME, 4, (3, 5)),
        (Lane.GRAPHEME, 20, (13, 24)),
        (Lane.GRAPHEME, 10, (9, 11)),
        (Lane.POINT, 17, (17, 20)),
        (Lane.UTF8, 10, (10, 11)),
        (Lane.UTF16, 7, (6, 9)),
        (Lane.UTF32, 26, (26, 28)),
        (Lane.PRETOKEN, 6, (5, 12)),
        (Lane.TOKEN, 5, (4, 6)),
    ],
)
def test_a_click_selects_the_bytes_of_the_cell(
    qtbot: QtBot, view: LanesView, lane: Lane, byte: int, span: tuple[int, int]
) -> None:
    with qtbot.waitSignal(view.selected) as told:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point(view, lane, byte))
    assert view.selection == told.args[0] == span
    assert view.lane is lane


def test_dragging_selects_all_cells_on_the_way_back_and_forth(qtbot: QtBot, view: LanesView) -> None:
    qtbot.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=point(view, Lane.POINT, 7))
    for byte, span in ((14, (6, 17)), (8, (6, 9)), (3, (3, 9))):
        qtbot.mouseMove(view.viewport(), point(view, Lane.POINT, byte))
        drag(view, point(view, Lane.POINT, byte))
        assert view.selection == span
    qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=point(view, Lane.POINT, 3))


def drag(view: LanesView, at: QPoint) -> None:
    """A move with the button held, which the test library's own moves leave out."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    where = QPointF(at)
    held = Qt.MouseButton.LeftButton
    event = QMouseEvent(QEvent.Type.MouseMove, where, where, where, held, held, Qt.KeyboardModifier.NoModifier)
    view.mouseMoveEvent(event)


def test_a_click_beside_the_text_selects_nothing(qtbot: QtBot, view: LanesView) -> None:
    view.select(Span(0, 1))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, 100))
    assert view.selection is None


def test_arrow_keys_walk_in_a_lane_and_between_lanes(qtbot: QtBot, view: LanesView) -> None:
    view.select_cell(Lane.GRAPHEME, 8)
    walked = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Left):
        qtbot.keyClick(view, key)
        walked.append((view.lane, tuple(view.selection or ())))
    assert walked == [
        (Lane.GRAPHEME, (9, 11)),
        (Lane.POINT, (9, 11)),
        (Lane.UTF8, (9, 10)),
        (Lane.UTF8, (10, 11)),
        (Lane.POINT, (9, 11)),
        (Lane.POINT, (6, 9)),
    ]
    qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert view.selection == (6, 11)
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.selection == (26, 28)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert view.selection is None


def test_two_hex_digits_change_a_byte_and_go_on_to_the_next(qtbot: QtBot, view: LanesView) -> None:
    typed: list[tuple[int, int]] = []

    def put(place: int, byte: int) -> None:
        typed.append((place, byte))
        view.show_data(view.data[:place] + bytes([byte]) + view.data[place + 1 :])

    view.byte_typed.connect(put)
    view.select_cell(Lane.UTF8, 1)
    qtbot.keyClicks(view, "7aF")
    assert typed == [(1, 0x71), (1, 0x7A), (2, 0xF6)]
    assert view.selection == (2, 3)
    view.select_cell(Lane.UTF8, 0)
    qtbot.keyClicks(view, "5")
    assert typed[-1] == (0, 0x53)


def test_a_bit_is_flipped_where_it_is_clicked_once_its_byte_is_selected(qtbot: QtBot, view: LanesView) -> None:
    box = LanesMetrics.now().box(Lane.UTF8, 0, 1, 0)
    right = QPoint(round(box.center().x()) + 10, round(box.bottom()) - 14)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=right)
    assert view.selection == (0, 1)
    with qtbot.waitSignal(view.byte_typed) as flipped:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=right)
    assert flipped.args == [0, 0x43 ^ 1]
    left = QPoint(round(box.center().x()) - 10, round(box.bottom()) - 26)
    with qtbot.waitSignal(view.byte_typed) as flipped:
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=left)
    assert flipped.args == [0, 0x43 ^ 0x80]
    with qtbot.waitSignal(view.byte_typed) as flipped:
        qtbot.keyClick(view, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert flipped.args == [0, 0x43 ^ 8]


def test_deleting_asks_for_the_selected_bytes(qtbot: QtBot, view: LanesView) -> None:
    view.select_cell(Lane.GRAPHEME, 7)
    with qtbot.waitSignal(view.removal_asked) as asked:
        qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert asked.args == [6, 9]


def test_a_selection_behind_the_end_is_dropped(view: LanesView) -> None:
    view.select(Span(20, 28))
    view.show_data(b"short")
    assert view.selection is None


def test_a_long_text_is_read_only_where_it_is_seen(view: LanesView) -> None:
    data = ("word 你好 " * 700_000).encode()
    view.show_windows(None)
    view.show_data(data)
    view.select(Span(5_000_001, 5_000_002), reveal=True)
    seen = view.visible_bytes
    assert seen.start <= 5_000_001 < seen.end <= seen.start + 40
    cell = cell_at(view.cells_around(5_000_001), Lane.UTF8, 5_000_001)
    assert cell is not None
    assert cell.lines[0][0].text == f"{data[5_000_001]:02X}"
    view.select_cell(Lane.POINT, len(data) - 1)
    assert view.selection == (len(data) - 1, len(data))


def test_lanes_without_tokens_say_why(qtbot: QtBot, view: LanesView) -> None:
    with_tokens = pixels(view.grab().toImage())
    view.show_windows(None)
    without = pixels(view.grab().toImage())
    view.show_windows(lambda _data, _start, _end: None)
    assert not np.array_equal(with_tokens, without)
    assert not np.array_equal(without, pixels(view.grab().toImage()))


def test_a_selection_is_told_to_those_who_do_not_see_it(view: LanesView) -> None:
    view.select_cell(Lane.POINT, 3)
    assert "U+00E9 LATIN SMALL LETTER E WITH ACUTE, lowercase letter" in view.accessibleDescription()
    view.select_cell(Lane.UTF8, 9)
    assert "1110: begins a character of 3 bytes; payload 0101" in view.accessibleDescription()
    assert "is cut off before its third byte" in view.accessibleDescription()


NASTY = st.lists(
    st.one_of(
        st.text(max_size=3).map(str.encode),
        st.binary(max_size=4),
        st.sampled_from(["\u202e", "\0", "\ufffe", "\ue000", "\u0301" * 30, "👩\u200d🚀", "\u200f", "\ufffc", "𐎠"]).map(
            str.encode
        ),
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NASTY)
def test_any_bytes_are_drawn(view: LanesView, data: bytes) -> None:
    view.show_data(data)
    view.grab()


def test_what_cannot_be_seen_is_called_by_its_abbreviation() -> None:
    lines = Lines(lambda _character: True)
    data = "\0\x1b\x7fa\u200d\ufeff\u00a0".encode()
    cells = [*text_cells(data, lanes(data), lines)]
    points = ["".join(piece.text for piece in cell.lines[0]) for cell in cells if cell.lane is Lane.POINT]
    assert points == ["NUL", "ESC", "DEL", "0061", "200D ZWJ", "FEFF BOM", "00A0 NBSP"]
    graphemes = ["".join(piece.text for piece in cell.lines[0]) for cell in cells if cell.lane is Lane.GRAPHEME]
    assert graphemes[:3] == ["NUL", "ESC", "DEL"]


@given(NASTY)
def test_nothing_invisible_or_turning_is_drawn_as_it_is(data: bytes) -> None:
    lines = Lines(lambda _character: True)
    drawn = "".join(
        piece.text for cell in text_cells(data, lanes(data), lines) for line in cell.lines for piece in line
    ) + "".join(piece.text for piece in lines.text(data))
    assert not set(drawn) & set("\0\n\r\t\u200e\u200f\u202a\u202e\u2066\u2028\u2029\u00ad\ufffe\ue000")


def test_what_no_font_has_is_written_as_its_code() -> None:
    lines = Lines(lambda character: character.isascii())
    assert [piece.text for piece in lines.grapheme("👩\u200d🚀")] == ["U+1F469 ZWJ U+1F680"]
    assert [piece.text for piece in lines.grapheme("a")] == ["a"]
    whole = Lines(lambda _character: True)
    assert [piece.text for piece in whole.grapheme("👩\u200d🚀")] == ["👩\u200d🚀"]
    assert [piece.text for piece in whole.grapheme("\u0301")] == ["\u25cc\u0301"]


def test_they_look_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    made = LanesView()
    made.setParent(host)
    made.setGeometry(0, 0, 760, made.height())
    made.show_windows(window_of)  # type: ignore[arg-type]
    made.show_data(b"Caf\xc3\xa9 \xce\xb1\xe5\xa5= e\xcc\x81\n\x00")
    made.select(Span(8, 10))
    host.resize(760, made.height())
    assert shot(host, f"lanes-{theme.name}") < ALLOWED
