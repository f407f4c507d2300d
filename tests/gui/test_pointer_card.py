"""A card beside the pointer is never beyond the window, and covers the pointer only where nothing else is left."""

import pytest
from PySide6.QtCore import QPoint, QSizeF
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.widgets.pointer_card import PointerCard


@pytest.mark.parametrize("x", [0, 150, 399])
@pytest.mark.parametrize("y", [0, 150, 299])
@pytest.mark.parametrize("size", [(80, 40), (190, 140), (390, 20), (20, 290)])
def test_a_card_is_inside_its_window_and_beside_the_pointer(
    qtbot: QtBot, x: int, y: int, size: tuple[int, int]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    card = PointerCard(window)
    card.show_beside(QPoint(x, y), QSizeF(*size))
    assert (card.width(), card.height()) == size
    assert window.rect().contains(card.geometry())
    assert not card.geometry().contains(QPoint(x, y))


def test_a_card_that_fits_stands_right_of_and_below_the_pointer(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    card = PointerCard(window)
    card.show_beside(QPoint(100, 100), QSizeF(99.2, 50))
    assert card.pos().x() > 100
    assert card.pos().y() > 100
    assert card.width() == 100
