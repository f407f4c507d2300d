"""Does the window keep its state, stop its jobs, and follow theme and text size?"""

import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.jobs import Job, Jobs
from app.main_window import MainWindow
from app.session import Session
from app.settings import Settings
from app.theme import DARK, LIGHT, Theme
from tests.gui.shell_pages import note

Make = Callable[..., MainWindow]


def test_page_and_size_are_restored(make_window: Make, qtbot: QtBot, settings: Settings) -> None:
    before = make_window()
    before.resize(1100, 700)
    before.show_page("other")
    before.close()
    again = make_window(first="", within=Session(Settings(settings.path), Jobs()))
    again.open_first()
    assert again.current == "other"
    qtbot.waitUntil(lambda: again.stack.page("other") is not None)
    remembered = MainWindow(
        again.session, Appearance(_app(), again.session.settings), tuple(again.stack.specs.values()), Path("log")
    )
    qtbot.addWidget(remembered)
    assert remembered.height() == 700


def _app() -> QApplication:
    found = QApplication.instance()
    assert isinstance(found, QApplication)
    return found


def test_a_last_page_that_is_gone_gives_the_first(make_window: Make, qtbot: QtBot, settings: Settings) -> None:
    settings.last_page = "no longer there"
    window = make_window(first="")
    window.open_first()
    qtbot.waitUntil(lambda: window.stack.page("note") is not None)


def test_closing_stops_the_jobs(make_window: Make, qtbot: QtBot) -> None:
    started, closed = threading.Event(), threading.Event()

    def work() -> Generator[int, None, None]:
        try:
            while True:
                yield 0
                started.set()
        finally:
            closed.set()

    window = make_window()
    window.session.jobs.start(Job(work))
    qtbot.waitUntil(started.is_set)
    window.close()
    assert closed.is_set()
    qtbot.waitUntil(lambda: window.session.jobs.running == 0)


def test_text_grows_by_keys_and_the_size_is_remembered(make_window: Make, qtbot: QtBot, settings: Settings) -> None:
    window = make_window()
    line = note(window).line
    usual = line.sizeHint().height()
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    assert _app().font().pixelSize() == 17
    assert line.font().pixelSize() == 17
    assert line.sizeHint().height() > usual
    assert Settings(settings.path).font_factor == pytest.approx(1.3)
    QTest.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert line.font().pixelSize() == 13


def test_the_theme_changes_at_once_and_follows_the_desktop(make_window: Make, qtbot: QtBot, settings: Settings) -> None:
    window = make_window()
    appearance = window.appearance
    appearance.choose("dark")
    assert Theme.of(note(window).palette()) is DARK
    assert Settings(settings.path).theme == "dark"
    appearance.choose("system")
    hints = _app().styleHints()
    hints.setColorScheme(Qt.ColorScheme.Dark)
    followed = hints.colorScheme() == Qt.ColorScheme.Dark
    assert Theme.of(note(window).palette()) is (DARK if followed else LIGHT)
    hints.setColorScheme(Qt.ColorScheme.Light)
    hints.unsetColorScheme()
    appearance.choose("light")
    assert Theme.of(note(window).palette()) is LIGHT
