"""Is everything of the Generation page seen at the usual size, in a small window, and with large text?"""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.page_stack import Frame
from app.pages.generation.page import GenerationPage
from app.pages.generation.panes import LARGE_TEXT
from app.session import Session
from app.theme import LIGHT
from tests.gui.generation import (
    GENERATE,
    RecordedDialogue,
    RecordedPage,
    card_of,
    choose_of_ten,
    click_token,
    rest,
)

LEFT = Qt.MouseButton.LeftButton


def test_the_text_may_get_another_size_while_the_page_is_made(
    qtbot: QtBot, dressed: QApplication, session: Session
) -> None:
    place = QWidget()
    qtbot.addWidget(place)
    place.resize(1160, 800)
    making = GenerationPage.making(session, place, RecordedDialogue())  # type: ignore[arg-type]
    for turn, _ in enumerate(making):
        style.apply(dressed, LIGHT, 1.0 + turn % 2 / 2)
    page = place.findChild(GenerationPage)
    assert page is not None
    style.apply(dressed, LIGHT, 1.5)
    page.resize(place.size())
    assert page.prompt.font().pixelSize() == fonts.MONO_BODY.font().pixelSize()
    assert page.prompt.minimumHeight() >= fonts.scaled(30)
    page.close_jobs()
    qtbot.waitUntil(lambda: not session.jobs.running)


def test_in_a_small_window_distribution_and_branches_are_seen_one_at_a_time(
    qtbot: QtBot, recorded: RecordedPage
) -> None:
    recorded.generate()
    views, beside = recorded.page.views, recorded.page.body.panes.beside
    rest(qtbot, recorded)
    assert not beside.is_narrow
    assert views.table.isVisible()
    assert views.tree.isVisible()
    recorded.window.resize(960, 600)
    qtbot.waitUntil(lambda: beside.is_narrow)
    assert (views.table.isVisible(), views.tree.isVisible(), beside.switch.isVisible()) == (True, False, True)
    qtbot.keyClick(beside.switch, Qt.Key.Key_Right)
    assert (views.table.isVisible(), views.tree.isVisible()) == (False, True)
    recorded.window.resize(1440, 900)
    qtbot.waitUntil(lambda: views.table.isVisible() and views.tree.isVisible())
    assert not beside.switch.isVisible()


def test_the_shown_branch_is_seen_when_the_branches_are(qtbot: QtBot, recorded: RecordedPage) -> None:
    """With what tells it apart; it was branched to while the pane was hidden. The arrows bring others."""
    page, panes = recorded.page, recorded.page.body.panes
    recorded.window.resize(960, 600)
    qtbot.waitUntil(lambda: panes.beside.is_narrow)
    recorded.generate()
    for at in (3, 6, 9):
        assert page.voice.conversation is not None
        said = page.voice.conversation.said[at]
        page.voice.speaking.branch(at, next(n for n in range(9) if said.alternatives[n].token != said.token))
        recorded.dialogue.answer("generate", GENERATE)
    rest(qtbot, recorded)
    tree, area = panes.side.tree, panes.side.tree_area

    def is_seen(number: int) -> bool:
        place = tree.place_of(number).toAlignedRect().translated(tree.pos())
        return area.viewport().rect().contains(place)

    shown = next(n for n, node in enumerate(tree.nodes) if node.shown)
    panes.beside.show_second(True)
    qtbot.waitUntil(lambda: tree.width() > area.viewport().width() and is_seen(shown))
    tree.setFocus()
    for _ in range(4):
        QTest.keyClick(tree, Qt.Key.Key_Left)
    assert is_seen(0)


def test_the_smallest_window_does_not_scroll_with_a_text(qtbot: QtBot, recorded: RecordedPage) -> None:
    recorded.window.resize(960, 600)
    recorded.generate()
    rest(qtbot, recorded)
    frame = recorded.window.stack.currentWidget()
    assert isinstance(frame, Frame)
    qtbot.waitUntil(
        lambda: recorded.page.body.panes.text.head.below.isVisible() and recorded.page.size() == frame.size()
    )


def test_large_text_in_a_small_window_scrolls_once(qtbot: QtBot, recorded: RecordedPage) -> None:
    """The page scrolls; each share of the ten rows and five lines of the text are seen at once."""
    views = recorded.page.views
    recorded.window.resize(960, 600)
    recorded.window.appearance.zoom(5)
    recorded.generate()
    rest(qtbot, recorded)
    choose_of_ten(recorded)
    area, table = recorded.page.body.panes.table.area, views.table
    qtbot.waitUntil(lambda: views.text.height() >= fonts.scaled(LARGE_TEXT))
    qtbot.waitUntil(lambda: area.viewport().height() >= table.minimumSizeHint().height())
    assert table.width() <= area.viewport().width()
    page = recorded.page
    qtbot.waitUntil(lambda: area.mapTo(page, area.rect().bottomLeft()).y() <= page.height())
    assert not table.has_logs
    assert all(right <= table.width() for _left, right in table._columns())
    recorded.window.resize(1440, 900)
    frame = recorded.window.stack.currentWidget()
    assert isinstance(frame, Frame)
    qtbot.waitUntil(lambda: recorded.page.height() == frame.height())
    qtbot.waitUntil(lambda: table.has_logs)


def test_ten_rows_are_seen_at_the_usual_size(qtbot: QtBot, recorded: RecordedPage) -> None:
    """As many as there are where the token that was drawn is none of the nine best."""
    recorded.generate()
    rest(qtbot, recorded)
    choose_of_ten(recorded)
    area = recorded.page.body.panes.table.area
    qtbot.waitUntil(lambda: area.isVisible() and area.verticalScrollBar().maximum() == 0)


def test_captions_are_whole_in_a_small_window(qtbot: QtBot, recorded: RecordedPage) -> None:
    recorded.window.resize(960, 600)
    recorded.generate()
    rest(qtbot, recorded)
    head = recorded.page.body.panes.text.head
    qtbot.waitUntil(head.below.isVisible)
    assert not head.caption.isVisible()
    assert head.words in head.below.text()
    assert head.words.endswith("2 tokens of the prompt")
    assert head.below.height() >= head.below.heightForWidth(head.below.width())


def test_nothing_is_cut_in_a_small_window(qtbot: QtBot, recorded: RecordedPage) -> None:
    """Every part keeps the width that it needs at the smallest size."""
    recorded.window.resize(960, 600)
    recorded.generate()
    rest(qtbot, recorded)
    views = recorded.page.views
    parts: list[QWidget] = [views.table, views.strip, views.text]
    for part in parts:
        assert part.width() >= part.minimumSizeHint().width()
        assert part.mapTo(recorded.window, QPoint(0, 0)).x() + part.width() <= recorded.window.width()


def test_a_card_goes_with_its_token(qtbot: QtBot, recorded: RecordedPage) -> None:
    """Where the text or its letters get another size, or a message stands above it."""
    page, window, text = recorded.page, recorded.window, recorded.page.views.text
    recorded.generate()
    rest(qtbot, recorded)
    click_token(recorded, 2 + 6)
    changes: Sequence[Callable[[], object]] = (
        lambda: page.messages.tell("info", "Something happened."),
        lambda: window.resize(1200, 900),
        lambda: window.resize(1200, 640),
        lambda: window.appearance.zoom(2),
        lambda: window.resize(1440, 900),
    )

    def stands_there() -> bool:
        card, box = card_of(recorded).geometry(), text.box_of(2 + 6)
        box.moveTo(text.viewport().mapTo(window, box.topLeft()))
        beside = card.left() <= box.center().x() <= card.right() and card.adjusted(0, -9, 0, 9).intersects(box)
        return beside and not card.intersects(box) and window.rect().contains(card)

    assert stands_there()
    for change in changes:
        before = text.size()
        change()
        qtbot.waitUntil(lambda before=before: text.size() != before and stands_there())  # type: ignore[misc]
        assert card_of(recorded).isVisible()
