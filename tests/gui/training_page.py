"""What do the tests of the Training page share? The page in a window over an empty workspace, and small trainings."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.jobs import Jobs
from app.main_window import MainWindow
from app.pages import PAGES
from app.pages.training import TrainingPage
from app.session import Session
from app.settings import Settings
from lmcore.paths import HOME_VARIABLE
from lmcore.training import queueing
from lmcore.training.config import config_of
from lmcore.training.overview import Overview
from lmcore.training.run_folder import RunFolder, runs_in
from tests.core.trainings import tables

PATIENCE = 120_000
"""Milliseconds that a worker may take to load torch and to train on a machine that does other things too."""


@pytest.fixture
def open_window(
    qtbot: QtBot, dressed: QApplication, kernels: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows over a workspace of this test alone; at the end no training is left."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "account" / "share"))  # where the system's bin is
    windows: list[MainWindow] = []

    def opened() -> MainWindow:
        session = Session(Settings(tmp_path / "settings" / "test.ini"), Jobs())
        made = MainWindow(session, Appearance(dressed, session.settings), PAGES, tmp_path / "log")
        made.resize(1440, 900)
        made.show()
        windows.append(made)
        return made

    yield opened
    for window in windows:  # not by qtbot, which would close it before, and be asked whether to leave what runs
        window.leave()
    qtbot.waitUntil(lambda: not any(window.session.jobs.left for window in windows), timeout=PATIENCE)
    for window in windows:
        window.deleteLater()
    root = tmp_path / "home" / "data" / "runs"
    end_all(qtbot, root)


def end_all(qtbot: QtBot, root: Path) -> None:
    """Let nothing wait and nothing run."""
    for run in runs_in(root):
        queueing.dequeue(run)
        run.ask_to_stop()
    qtbot.waitUntil(lambda: not any(run.is_alive for run in runs_in(root)), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not queueing.is_worked_off(root), timeout=PATIENCE)


def page_of(window: MainWindow) -> TrainingPage:
    """The page of a window, on the screen."""
    window.show_page("training")
    page = window.stack.page("training")
    assert isinstance(page, TrainingPage)
    return page


@pytest.fixture
def training_page(open_window: Callable[[], MainWindow]) -> TrainingPage:
    """The page over an empty workspace."""
    return page_of(open_window())


def small(folder: Path, **changes: Any) -> dict[str, Any]:
    """The tables of a training that takes a second."""
    return config_of(tables(folder, **changes)).as_tables()


def run_of(page: TrainingPage) -> RunFolder:
    """The newest run that the page knows."""
    return RunFolder(max(page.known.runs))


def standing(page: TrainingPage, place: int = -1) -> str:
    """How a run stands by the list, the newest unless told otherwise; "" where there is none."""
    runs: list[Overview] = [page.known.runs[path] for path in sorted(page.known.runs)]
    return runs[place].standing if runs else ""


def reach(qtbot: QtBot, page: TrainingPage, wanted: str, place: int = -1) -> None:
    """Wait until a run stands so."""
    qtbot.waitUntil(lambda: standing(page, place) == wanted, timeout=PATIENCE)
