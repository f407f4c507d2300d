"""What do the tests of the Shape page share? The page in a window, at rest, with the course's GPT-2 XL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.main_window import MainWindow
from app.pages import PAGES
from app.pages.shape import ShapePage
from app.session import Session
from app.widgets.slider import Slider

PATIENCE = 30_000


def open_page(window: MainWindow) -> ShapePage:
    """The page of a window that has visited it."""
    window.show_page("shape")
    page = window.stack.page("shape")
    assert isinstance(page, ShapePage)
    return page


def rest(qtbot: QtBot, page: ShapePage) -> None:
    """Wait until everything is computed."""
    qtbot.waitUntil(page.settled, timeout=PATIENCE)


def type_in(page: ShapePage, key: str, text: str) -> None:
    """Type a number into a size's spin box, and press Enter."""
    spin = page.panel.fields[key].spin
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin, text)
    QTest.keyClick(spin, Qt.Key.Key_Return)


def drag(slider: Slider, places: list[float]) -> None:
    """Press the handle, go to parts of the track, let go."""
    middle = slider.height() // 2
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(slider, left, pos=QPoint(round(places[0] * slider.width()), middle))
    for place in places[1:]:
        slider.setSliderPosition(round(place * slider.maximum()))
    QTest.mouseRelease(slider, left)


@pytest.fixture
def shape_window(qtbot: QtBot, dressed: QApplication, session: Session, tmp_path: Path) -> Iterator[MainWindow]:
    """A window of 1440 by 900 over the real pages."""
    session.settings.theme = "light"
    made = MainWindow(session, Appearance(dressed, session.settings), PAGES, tmp_path / "log")
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    yield made
    made.close()


@pytest.fixture
def shape_page(qtbot: QtBot, shape_window: MainWindow) -> ShapePage:
    """The page, just opened."""
    page = open_page(shape_window)
    rest(qtbot, page)
    return page
