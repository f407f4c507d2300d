"""What do the tests of the Bytes page share? The page in a window, its tokenizer ready."""

import pytest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.bytes_page import BytesPage
from tests.gui.bpe_page import PATIENCE

EDITED = "Café 你".encode() + b"\xe5\xa5= " + "👩\u200d🚀 e\u0301".encode()
"""The sample after its edit."""


@pytest.fixture
def bytes_page(qtbot: QtBot, window: MainWindow) -> BytesPage:
    """The page, just opened, with its first text and the bundled tokenizer."""
    window.activateWindow()
    window.show_page("bytes")
    made = window.stack.page("bytes")
    assert isinstance(made, BytesPage)
    settle(qtbot, made)
    return made


def settle(qtbot: QtBot, page: BytesPage) -> None:
    """Wait until everything is shown and summed up."""
    qtbot.waitUntil(page.settled, timeout=PATIENCE)
