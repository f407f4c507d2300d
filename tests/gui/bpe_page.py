"""What do the tests of the BPE training page share? The page in a window, and texts to train on."""

import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.main_window import MainWindow
from app.pages import PAGES
from app.pages.bpe_training.actions import State
from app.pages.bpe_training.page import BpeTrainingPage
from app.session import Session

PATIENCE = 60_000
"""Milliseconds that a job may take on a machine that does other things too."""
STORY = "the cat sat on the mat, and the rat sat on the cat; the bat spat at that. "
NAMES = ("Ann", "Bob", "Zoë", "李雷", "مريم", "👩‍🚀")


@pytest.fixture(scope="session")
def kernels(home: Path) -> None:
    """Compiles what is not compiled yet, so that no test waits for that."""
    from lmcore.bpe.prepare import is_prepared, prepare

    if not is_prepared():
        for _ in prepare():
            pass


@pytest.fixture
def window(
    qtbot: QtBot, dressed: QApplication, kernels: None, session: Session, tmp_path: Path
) -> Iterator[MainWindow]:
    """A window of 1440 by 900 over the real pages, of which none was visited."""
    session.settings.theme = "light"
    made = MainWindow(session, Appearance(dressed, session.settings), PAGES, tmp_path / "log")
    qtbot.addWidget(made)
    made.resize(1440, 900)
    made.show()
    yield made
    made.leave()
    qtbot.waitUntil(lambda: session.jobs.left == 0, timeout=PATIENCE)


@pytest.fixture
def page(qtbot: QtBot, window: MainWindow) -> BpeTrainingPage:
    """The page, just opened: the sample is its corpus, and its forecast is known."""
    window.show_page("bpe")
    made = page_of(window)
    qtbot.waitUntil(lambda: made.forecast is not None, timeout=PATIENCE)
    return made


def page_of(window: MainWindow) -> BpeTrainingPage:
    """The page of a window that has visited it."""
    made = window.stack.page("bpe")
    assert isinstance(made, BpeTrainingPage)
    return made


def take_corpus(qtbot: QtBot, page: BpeTrainingPage, path: Path, vocab_size: int = 340) -> None:
    """Take a file as corpus, as if it had been dropped, and wait for its forecast."""
    page.panel.set_vocab_size(vocab_size)
    with qtbot.waitSignal(page.panel.changed, timeout=PATIENCE):
        page.open_paths([path])
    qtbot.waitUntil(lambda: page.forecast is not None, timeout=PATIENCE)


def train(qtbot: QtBot, page: BpeTrainingPage) -> None:
    """Start, and wait for the end, until every pane has come to rest."""
    page.start()
    qtbot.waitUntil(page.settled, timeout=PATIENCE)


def wait_for(qtbot: QtBot, page: BpeTrainingPage, state: State) -> None:
    """Wait until the page has come to a state."""
    qtbot.waitUntil(lambda: page.state is state, timeout=PATIENCE)


def write_story(path: Path, documents: int = 40) -> Path:
    """A small text of several documents in several scripts."""
    parts = [f"{NAMES[n % len(NAMES)]} said {n} times: {STORY * (1 + n % 3)}" for n in range(documents)]
    path.write_text("<|endoftext|>".join(parts), encoding="utf-8")
    return path


def write_large(path: Path, size: int = 6_000_000) -> Path:
    """At least `size` bytes of real text: the sources of Python's own library."""
    with path.open("wb") as file:
        for source in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
            file.write(source.read_bytes())
            if file.tell() >= size:
                break
    return path
