"""Is a page whole that was made in turns, whatever happens between two of them?"""

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import style
from app.pages import PAGES, PageSpec
from app.pages.page import Page
from app.session import Session
from app.theme import DARK, LIGHT
from app.widgets.buttons import Button


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.key)
def test_text_and_theme_may_change_while_a_page_is_made(
    qtbot: QtBot, dressed: QApplication, kernels: None, session: Session, spec: PageSpec
) -> None:
    """And none of its buttons is a window, as one is that is shown without a parent."""
    place = QWidget()
    qtbot.addWidget(place)
    place.resize(1160, 800)
    for turn, _ in enumerate(spec.making(session, place)):
        style.apply(dressed, (LIGHT, DARK)[turn % 2], 1.0 + turn % 2 / 2)
        assert not [one for one in dressed.topLevelWidgets() if isinstance(one, Button) and one.isVisible()]
    style.apply(dressed, LIGHT, 1.0)
    page = place.findChild(Page)
    assert page is not None
    assert len(page.findChildren(QWidget)) > 10
    page.close_jobs()
    qtbot.waitUntil(lambda: not session.jobs.running)
