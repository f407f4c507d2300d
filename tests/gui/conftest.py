"""What do the tests of the window stand on? The real fonts and the light theme, settings of their own, and tidiness."""

import gc
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from weakref import WeakSet

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app import fonts, style
from app.appearance import Appearance
from app.jobs import Jobs
from app.main_window import MainWindow
from app.session import Session
from app.settings import Settings
from app.theme import LIGHT
from tests.gui.bpe_page import kernels, page, window
from tests.gui.bytes_page import bytes_page
from tests.gui.generation import open_recorded, recorded
from tests.gui.playground import playground
from tests.gui.setup_view import setup_view
from tests.gui.shape_page import shape_page, shape_window
from tests.gui.shell_pages import specs
from tests.gui.shots import pytest_addoption, shot, theme
from tests.gui.text_boxes import box
from tests.gui.trained import trained
from tests.gui.training_page import open_window, training_page

__all__ = [
    "box",
    "bytes_page",
    "kernels",
    "open_recorded",
    "open_window",
    "page",
    "playground",
    "pytest_addoption",
    "recorded",
    "setup_view",
    "shape_page",
    "shape_window",
    "shot",
    "theme",
    "trained",
    "training_page",
    "window",
]


MANY = 250_000
"""Objects among which there may be much garbage."""


def pytest_configure(config: pytest.Config) -> None:
    """The offscreen platform says so wherever it cannot do what a window system does; that is no fault of ours.

    Before there is a Qt application, fontconfig is told to find no fonts but the bundled ones.
    """
    os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("fonts.conf"))
    config.addinivalue_line("qt_log_ignore", "^This plugin does not support ")


@pytest.fixture(scope="session")
def _fonts(qapp: QApplication) -> None:
    fonts.load_fonts()
    style.use_fusion(qapp)


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication, _fonts: None) -> QApplication:
    """The application in the light theme at the drawn size, whatever the test before did."""
    style.apply(qapp, LIGHT, 1.0)
    return qapp


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a file of this test alone."""
    return Settings(tmp_path / "settings" / "test.ini")


@pytest.fixture
def session(settings: Settings) -> Session:
    """A session with nothing in it."""
    return Session(settings, Jobs())


@pytest.fixture
def make_window(qtbot: QtBot, dressed: QApplication, tmp_path: Path, session: Session) -> Callable[..., MainWindow]:
    """A window over three pages, shown, at 1440 by 900."""

    def window(first: str = "note", within: Session = session) -> MainWindow:
        within.settings.theme = "light"
        made = MainWindow(within, Appearance(dressed, within.settings), specs(), tmp_path / "log")
        qtbot.addWidget(made)
        made.resize(1440, 900)
        made.show()
        made.activateWindow()
        if first:
            made.show_page(first)
        qtbot.waitUntil(made.isActiveWindow)
        return made

    return window


ENDING = 10.0
"""Seconds at most in which a thread that was told to end does so: it may be writing a file."""


@pytest.fixture(scope="session")
def older() -> WeakSet[QTimer]:
    """The timers among what was set aside before some test."""
    return WeakSet()


@pytest.fixture(autouse=True)
def nothing_left(dressed: QApplication, older: WeakSet[QTimer]) -> Iterator[None]:
    """Fail a test that leaves a thread, a process or a running timer behind."""
    _set_aside(older)
    threads = set(threading.enumerate())
    processes = {child.pid for child in psutil.Process().children(recursive=True)}
    timers = {id(timer) for timer in _running(older)}
    yield
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete))
    gc.collect()
    began = set(threading.enumerate()) - threads
    for thread in began:
        thread.join(ENDING)
    assert not [thread.name for thread in began if thread.is_alive()]
    assert not [child for child in psutil.Process().children(recursive=True) if child.pid not in processes]
    assert not [f"a timer of {timer.parent()!r}" for timer in _running([*older, *_timers()]) if id(timer) not in timers]


def _set_aside(older: WeakSet[QTimer]) -> None:
    """Freeze all that is there, so that behind the test only what it made is searched.

    A search of the whole heap, with the modules of torch, takes 0.3 s, and there are more than a thousand tests.
    Garbage would stay; but a test ends with a collection, and what others left is collected here once it is much.
    """
    if len(gc.get_objects()) > MANY:
        gc.collect()
    older.update(_timers())
    gc.freeze()


def _timers() -> list[QTimer]:
    """All that are not frozen."""
    return [thing for thing in gc.get_objects() if type(thing) is QTimer]


def _running(timers: Iterable[QTimer]) -> list[QTimer]:
    return [timer for timer in timers if isValid(timer) and timer.isActive()]
