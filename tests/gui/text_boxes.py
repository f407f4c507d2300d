"""What do the tests of the text box share? A small one on the screen."""

import pytest
from pytestqt.qtbot import QtBot

from app.widgets.text_box import TextBox


@pytest.fixture
def box(qtbot: QtBot) -> TextBox:
    """A text box that is shown."""
    made = TextBox("Text")
    qtbot.addWidget(made)
    made.resize(400, 120)
    with qtbot.waitExposed(made):
        made.show()
    return made
