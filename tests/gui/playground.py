"""What do the tests of the Playground share? The page in a window, at rest, and texts cut as its widgets want them."""

from functools import cache

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.playground.page import PlaygroundPage
from lmcore.bpe.live_text import Cut, LiveText
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.vocab_view import VocabView
from lmcore.paths import resource
from tests.gui.bpe_page import PATIENCE


@cache
def bundled() -> Tokenizer:
    """The tokenizer that comes with the application."""
    return Tokenizer.load(resource("sample/tokenizer"))


@cache
def vocab() -> VocabView:
    """Its tables."""
    return VocabView(bundled())


def cut_of(text: str | bytes, merges: int | None = None) -> Cut:
    """A text as it cuts it."""
    data = text.encode() if isinstance(text, str) else text
    return LiveText(bundled(), vocab().lengths, merges=merges).encode(np.frombuffer(data, np.uint8))


def at_rest(page: PlaygroundPage) -> bool:
    """Whether nothing is on its way."""
    parts = (page.columns, page.stepping, page.studies, page.box)
    return page.ready and bool(page.columns.all) and all(part.settled for part in parts)


def wait(qtbot: QtBot, page: PlaygroundPage) -> None:
    """Wait until nothing is on its way."""
    qtbot.waitUntil(lambda: at_rest(page), timeout=PATIENCE)


def compare(qtbot: QtBot, page: PlaygroundPage, merges: int) -> None:
    """Put a smaller vocabulary beside the first column."""
    subject = page.columns.all[0].subject
    assert subject is not None
    page.add(subject.info, merges)
    wait(qtbot, page)


@pytest.fixture
def playground(qtbot: QtBot, window: MainWindow) -> PlaygroundPage:
    """The page, just opened: the bundled tokenizer in its only column."""
    window.show_page("playground")
    page = window.stack.page("playground")
    assert isinstance(page, PlaygroundPage)
    wait(qtbot, page)
    return page
