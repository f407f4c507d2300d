"""Does a page stay readable in the smallest window, however large the text? It scrolls rather than squeeze."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import SMALLEST_SIZE, MainWindow
from app.page_stack import Frame
from app.pages import PAGES
from app.pages.page import Page
from app.pages.playground.step_bar import StepBar
from app.pages.training.listed_view import DIFFERENCES, RUNS, SWEEP
from app.session import Activity
from app.widgets.header import PageHeader
from app.widgets.labels import KeyCap
from app.widgets.status_bar import StatusBar
from tests.gui.training_page import page_of

Part = TypeVar("Part", bound=QWidget)
KEYS = [spec.key for spec in PAGES]


def place(widget: QWidget, window: QWidget) -> QRect:
    """Where in the window a widget is."""
    return QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())


def parts(holder: QWidget) -> list[QWidget]:
    """What is laid out in it and can be seen, without what lies within those."""
    found = (item for item in holder.children() if isinstance(item, QWidget) and item.isVisible())
    return [widget for widget in found if not widget.size().isEmpty()]


def found(holder: QWidget, kind: type[Part]) -> Part:
    """The part of that kind in a page or window."""
    part = holder.findChild(kind)
    assert part is not None
    return part


def grow(qtbot: QtBot, window: MainWindow, key: str, steps: int) -> tuple[Frame, Page]:
    """A page behind its frame in the smallest window, the text so many tenths larger."""
    window.resize(*SMALLEST_SIZE)
    window.appearance.zoom(steps)
    window.show_page(key)
    frame, page = window.stack.currentWidget(), window.stack.shown
    assert isinstance(frame, Frame)
    assert page is not None
    qtbot.waitUntil(lambda: page.size().expandedTo(page.minimumSizeHint()) == page.size())
    return frame, page


@pytest.mark.parametrize("steps", [0, 5, 10])
@pytest.mark.parametrize("key", KEYS)
def test_the_header_has_room_for_its_words_and_actions(qtbot: QtBot, window: MainWindow, key: str, steps: int) -> None:
    grow(qtbot, window, key, steps)
    header = found(window, PageHeader)
    title, question, *_ = header.findChildren(QLabel)
    bar = window.stack.actions_of(key)
    assert not place(title, window).intersects(place(question, window))
    assert title.height() >= title.minimumSizeHint().height()
    for words in (title, question):
        assert not place(words, window).intersects(place(bar, window)) or not parts(bar)
    for action in parts(bar):
        assert place(header, window).contains(place(action, window))


@pytest.mark.parametrize("key", KEYS)
def test_at_the_drawn_size_nothing_scrolls(qtbot: QtBot, window: MainWindow, key: str) -> None:
    frame, page = grow(qtbot, window, key, 0)
    qtbot.waitUntil(lambda: page.size() == frame.viewport().size() == frame.size())


@pytest.mark.parametrize("key", KEYS)
def test_a_page_is_never_smaller_than_it_needs(qtbot: QtBot, window: MainWindow, key: str) -> None:
    frame, page = grow(qtbot, window, key, 10)
    least = page.minimumSizeHint()
    assert page.width() >= least.width()
    assert page.height() >= least.height()
    across, down = frame.horizontalScrollBar(), frame.verticalScrollBar()
    qtbot.waitUntil(lambda: across.maximum() == page.width() - frame.viewport().width())
    qtbot.waitUntil(lambda: down.maximum() == page.height() - frame.viewport().height())


@pytest.mark.parametrize("key", ["vocabulary", "playground"])
def test_a_page_fills_its_place_again_when_the_text_shrinks(qtbot: QtBot, window: MainWindow, key: str) -> None:
    frame, page = grow(qtbot, window, key, 10)
    assert page.width() > frame.width()
    window.appearance.zoom(0)
    qtbot.waitUntil(lambda: page.size() == frame.size())
    assert frame.horizontalScrollBar().maximum() == 0


def test_the_steps_of_the_playground_stand_side_by_side(qtbot: QtBot, window: MainWindow) -> None:
    _, page = grow(qtbot, window, "playground", 10)
    page.fill_sample()
    qtbot.waitUntil(page.settled, timeout=60_000)
    bar = found(page, StepBar)
    shown = [place(widget, bar) for widget in parts(bar)]
    assert len(shown) > 6
    assert not [(one, other) for i, one in enumerate(shown) for other in shown[:i] if one.intersects(other)]


@pytest.mark.parametrize(("steps", "whole"), [(0, True), (5, False), (10, False)])
def test_the_status_bar_leaves_out_parts_rather_than_cut_them(
    qtbot: QtBot, window: MainWindow, steps: int, whole: bool
) -> None:
    grow(qtbot, window, "shape", steps)
    bar, name, words = found(window, StatusBar), "sample-32 learning_rate 0.001", "step 300 of 500 · 33 s left"
    window.session.show_activity(Activity("training", name, words, 0.6))
    qtbot.waitUntil(lambda: found(bar, KeyCap).isVisible() == whole)
    assert window.status_text == words
    shown = {one.accessibleName(): one for one in bar.findChildren(QLabel)}
    qtbot.waitUntil(lambda: (shown[name].text(), shown[words].text()[:8]) == (name, words[:8]))
    for part in parts(bar):
        assert bar.rect().contains(part.geometry())
    for one in bar.findChildren(QLabel):
        needs = one.fontMetrics().horizontalAdvance(one.text())
        assert not one.isVisible() or needs <= one.width(), f"{one.text()} is cut"
    window.session.show_activity(None)
    qtbot.waitUntil(lambda: found(bar, KeyCap).isVisible())


def test_the_runs_need_no_more_width_than_there_is(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    page = page_of(window)
    page.fill_sample()
    frame, _ = grow(qtbot, window, "training", 5)
    qtbot.waitUntil(page.settled, timeout=60_000)
    for tab in (RUNS, DIFFERENCES, SWEEP):
        page.show_tab(tab)
        qtbot.waitUntil(lambda: page.width() == frame.viewport().width())
    page.show_tab(RUNS)
    curves, panel = page.listed.curves, page.listed.details
    qtbot.waitUntil(lambda: curves.width() >= curves.minimumSizeHint().width() + 20)
    assert page.rect().contains(place(panel, page))
    table = page.runs.table
    assert table.rowViewportPosition(2) + table.rowHeight(2) <= table.viewport().height(), "three rows are seen"
