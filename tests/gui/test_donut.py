"""Does the donut divide exactly, tell each part on hover and by keys, and look as it did?"""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.theme import LIGHT, Theme
from app.widgets.donut import TURN, Donut, Slice, arcs
from app.widgets.hover_card import HoverCard
from tests.gui.shots import ALLOWED, Shot

PARTS = (
    Slice("Feed-forward", 1_474_560_000, 0, "1,474,560,000", ("3·d·d_ff·L", "3 · 1,600 · 6,400 · 48")),
    Slice("Projections", 491_520_000, 1, "491,520,000"),
    Slice("Embedding", 80_411_200, 4, "80,411,200"),
    Slice("LM head", 80_411_200, 3, "80,411,200"),
    Slice("Norms", 155_200, 7, "155,200"),
)


@pytest.fixture
def donut(qtbot: QtBot, dressed: QApplication) -> Iterator[Donut]:
    """A donut at the upper left of a window that has room for its card."""
    window = QWidget()
    column = QVBoxLayout(window)
    donut = Donut("Parameters")
    column.addWidget(donut)
    column.addStretch(1)
    qtbot.addWidget(window)
    window.resize(400, 240)
    donut.show_slices(PARTS, "2.127", "billion")
    window.show()
    yield donut
    window.close()


def card(donut: Donut) -> HoverCard:
    found = donut.window().findChild(HoverCard)
    assert isinstance(found, HoverCard)
    return found


@given(st.lists(st.integers(0, 10**30), min_size=1, max_size=8).filter(any))
def test_parts_take_up_the_whole_turn_without_a_gap(amounts: list[int]) -> None:
    found = arcs(amounts)
    assert found[0][0] == 0
    assert sum(found[-1]) == TURN
    assert all(begin + span == following for (begin, span), (following, _) in pairwise(found))
    assert all(abs(span - TURN * amount / sum(amounts)) <= 1 for (_, span), amount in zip(found, amounts, strict=True))


def test_nothing_has_no_parts() -> None:
    assert arcs([0, 0]) == ((0, 0), (0, 0))


@pytest.mark.parametrize(("x", "y", "place"), [(123, 66, 0), (10, 60, 1), (62, 6, 3), (66, 66, -1), (2, 2, -1)])
def test_the_ring_tells_what_is_under_the_pointer(donut: Donut, x: int, y: int, place: int) -> None:
    assert donut.slice_at(QPointF(x, y + (donut.height() - 132) / 2)) == place


def test_a_part_under_the_pointer_is_told_exactly_and_let_go_again(donut: Donut) -> None:
    QTest.mouseMove(donut, QPoint(200, donut.height() // 2 - 42))
    assert donut.picked == 0
    assert card(donut).isVisible()
    assert card(donut).lines == ("Feed-forward 69.3 %", "1,474,560,000", "3·d·d_ff·L", "3 · 1,600 · 6,400 · 48")
    QTest.mouseMove(donut, QPoint(donut.width() - 2, 2))
    assert donut.picked == -1
    assert card(donut).isHidden()


def test_keys_pick_and_choose_a_part(donut: Donut) -> None:
    donut.setFocus()
    heard: list[int] = []
    donut.chosen.connect(heard.append)
    QTest.keyClick(donut, Qt.Key.Key_Up)
    assert donut.picked == 4, "from nowhere, up begins at the end"
    QTest.keyClick(donut, Qt.Key.Key_Down)
    QTest.keyClick(donut, Qt.Key.Key_Right)
    assert donut.picked == 1
    QTest.keyClick(donut, Qt.Key.Key_Return)
    assert heard == [1]
    assert card(donut).lines[0] == "Projections 23.1 %"


def test_a_click_on_the_legend_chooses(donut: Donut) -> None:
    heard: list[int] = []
    donut.chosen.connect(heard.append)
    QTest.mouseClick(donut, Qt.MouseButton.LeftButton, pos=QPoint(200, donut.height() // 2))
    QTest.mouseClick(donut, Qt.MouseButton.LeftButton, pos=QPoint(66, donut.height() // 2))
    assert heard == [2]


def test_the_card_follows_figures_that_change_under_it(donut: Donut) -> None:
    QTest.mouseMove(donut, QPoint(200, donut.height() // 2 - 42))
    donut.show_slices([PARTS[0]._replace(exact="7"), *PARTS[1:]], "2", "billion")
    assert card(donut).lines[1] == "7"
    donut.show_slices((), "0", "")
    assert (donut.picked, card(donut).isHidden()) == (-1, True)


def test_it_reads_its_figures_aloud(donut: Donut) -> None:
    assert donut.accessibleDescription().startswith("2.127 billion: Feed-forward 69.3 %, 1,474,560,000; Projections")


@pytest.mark.parametrize("factor", [1.0, 1.5, 2.0])
def test_ring_and_legend_grow_with_the_text(qapp: QApplication, donut: Donut, factor: float) -> None:
    style.apply(qapp, LIGHT, factor)
    donut.window().resize(fonts.scaled(400), fonts.scaled(240))
    qapp.processEvents()
    middle = donut.height() / 2
    assert donut.height() == fonts.scaled(132) >= 132 * factor
    assert donut.slice_at(QPointF(fonts.scaled(123), middle)) == 0, "on the ring at its right"
    assert donut.slice_at(QPointF(fonts.scaled(105), middle)) == -1, "inside of it, where the total stands"
    assert donut.slice_at(QPointF(fonts.scaled(150), middle)) == 2, "the legend beside it"


def test_the_legend_stands_below_the_ring_where_there_is_no_room(qapp: QApplication, donut: Donut) -> None:
    donut.set_stacked(True)
    donut.window().resize(205, 330)
    qapp.processEvents()
    left = round((min(176, donut.width()) - 132) / 2)
    assert donut.slice_at(QPointF(left + 123, 66)) == 0
    assert [donut.slice_at(QPointF(20, 132 + 12 + 10 + 21 * line)) for line in range(5)] == [0, 1, 2, 3, 4]
    assert donut.height() >= 132 + 12 + 5 * 21
    donut.window().resize(130, 330)
    qapp.processEvents()
    assert donut.slice_at(QPointF(donut.width() - 2, donut.width() / 2)) == 0, "the ring is squeezed, not cut"


def test_donuts_look_as_they_did(theme: Theme, donut: Donut, shot: Shot) -> None:
    assert shot(donut.window(), f"donut-{theme.name}") < ALLOWED
    QTest.keyClick(donut, Qt.Key.Key_Down)
    assert shot(donut.window(), f"donut-picked-{theme.name}") < ALLOWED
