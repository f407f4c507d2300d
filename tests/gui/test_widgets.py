"""Do the controls do what a hand or a key asks of them, and say what they are?"""

from typing import TypeVar

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.pages.components import ComponentsPage
from app.session import Session
from app.widgets.buttons import Button
from app.widgets.choice import CheckBox, Choice
from app.widgets.filter_field import FilterField
from app.widgets.focus_ring import FocusRing
from app.widgets.inspector import Inspector, inspector_width
from app.widgets.job_card import JobCard
from app.widgets.labels import ElidedLabel, label
from app.widgets.menu import Menu
from app.widgets.message import MessageStrip
from app.widgets.number_field import NumberField
from app.widgets.progress import ProgressLine
from app.widgets.segmented import Segmented
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin

LEFT = Qt.MouseButton.LeftButton
W = TypeVar("W", bound=QWidget)


def shown(qtbot: QtBot, widget: W) -> W:
    """The widget in a window of its own that has the keyboard."""
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


def wheel(over: QWidget) -> QWheelEvent:
    """One notch of the wheel, up."""
    at = QPointF(over.rect().center())
    event = QWheelEvent(
        *(at, over.mapToGlobal(at), QPoint(0, 0), QPoint(0, 120)),
        *(Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
    )
    QApplication.sendEvent(over, event)
    return event


def test_spin_box_shows_and_reads_thousands(qtbot: QtBot) -> None:
    spin = shown(qtbot, NumberSpin("Size", 1, 1_000_000, suffix=" tokens"))
    spin.setValue(50_257)
    assert spin.text() == "50,257 tokens"
    spin.selectAll()
    QTest.keyClicks(spin, "12,345")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert spin.value() == 12_345


def test_spin_box_refuses_letters_and_numbers_out_of_range(qtbot: QtBot) -> None:
    spin = shown(qtbot, NumberSpin("Size", 1, 500))
    spin.setValue(40)
    spin.selectAll()
    QTest.keyClicks(spin, "9x99")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert spin.value() == 99


def test_a_seed_has_no_separators(qtbot: QtBot) -> None:
    spin = NumberSpin("Seed", 0, 10_000_000, quantity=False)
    qtbot.addWidget(spin)
    spin.setValue(1_234_567)
    assert spin.text() == "1234567"


def test_number_field_keeps_spin_and_slider_together_and_tells_once(qtbot: QtBot) -> None:
    field = shown(qtbot, NumberField("Size, tokens", 300, 100_000, logarithmic=True))
    heard: list[int] = []
    field.value_changed.connect(heard.append)
    field.set_value(10_000)
    assert heard == []
    assert field.slider.value() == round(1000 * 0.6036)
    field.slider.setValue(1000)
    assert (field.value, heard) == (100_000, [100_000])
    field.slider.setValue(0)
    assert field.value == 300
    field.spin.setValue(12_345)
    assert field.value == 12_345, "the coarse slider changed what was typed"
    assert heard == [100_000, 300, 12_345]
    assert field.label.buddy() is field.spin


def test_a_slider_snaps_and_the_spin_box_need_not(qtbot: QtBot) -> None:
    field = NumberField("d_ff", 64, 6464, snap=64)
    qtbot.addWidget(field)
    field.slider.setValue(333)
    assert field.value % 64 == 0
    field.spin.setValue(4267)
    assert field.value == 4267


def test_a_click_on_the_track_puts_the_handle_there(qtbot: QtBot) -> None:
    slider = shown(qtbot, Slider("Part", 0, 100))
    slider.resize(218, 18)
    QTest.mouseClick(slider, LEFT, pos=QPoint(109, 9))
    assert slider.value() == 50
    QTest.mouseClick(slider, LEFT, pos=QPoint(217, 9))
    assert slider.value() == 100
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert slider.value() == 99


def value(of: QWidget) -> int:
    if isinstance(of, QComboBox):
        return of.currentIndex()
    assert isinstance(of, QSlider | NumberSpin)
    return of.value()


@pytest.mark.parametrize("kind", ["slider", "spin", "choice"])
def test_the_wheel_passes_over_inputs_without_the_focus(qtbot: QtBot, kind: str) -> None:
    spin, choice = NumberSpin("n", 0, 9), Choice("c", ["a", "b"])
    choice.setCurrentIndex(1)
    made: dict[str, QWidget] = {"slider": Slider("s"), "spin": spin, "choice": choice}
    inside, other, window = made[kind], QLineEdit(), QWidget()
    column = QVBoxLayout(window)
    for widget in (*made.values(), other):
        column.addWidget(widget)
    shown(qtbot, window)
    other.setFocus()
    before = value(inside)
    assert not wheel(inside).isAccepted()
    assert value(inside) == before
    inside.setFocus()
    wheel(inside)
    assert value(inside) != before


def test_segments_are_chosen_by_click_and_key(qtbot: QtBot) -> None:
    segments = shown(qtbot, Segmented(["Steps", "Tokens", "Time"], "Axis"))
    segments.resize(segments.sizeHint())
    heard: list[int] = []
    segments.chosen.connect(heard.append)
    QTest.mouseClick(segments, LEFT, pos=QPoint(segments.width() - 5, 10))
    assert (segments.current, heard) == (2, [2])
    assert segments.accessibleName() == "Axis: Time"
    QTest.keyClick(segments, Qt.Key.Key_Right)
    assert heard == [2], "the last has none after it"
    QTest.keyClick(segments, Qt.Key.Key_Left)
    assert heard == [2, 1]
    segments.set_current(0)
    assert heard == [2, 1]
    with pytest.raises(IndexError, match="Axis has 3 choices"):
        segments.set_current(3)


def test_a_choice_of_none_of_its_lines_shows_what_stands_for_it(qtbot: QtBot) -> None:
    choice = Choice("Preset", ["GPT-2 XL"])
    qtbot.addWidget(choice)
    choice.resize(220, 26)
    choice.setCurrentIndex(-1)
    empty = choice.grab().toImage()
    choice.setPlaceholderText("GPT-2 XL")
    named = choice.grab().toImage()
    choice.setCurrentIndex(0)
    assert named != empty
    assert named == choice.grab().toImage()


def test_a_filter_is_emptied_by_its_cross_and_by_escape(qtbot: QtBot) -> None:
    field = shown(qtbot, FilterField("Filter", "Filter the tokens", "Ctrl+F"))
    field.resize(300, 26)
    QTest.keyClicks(field, "long")
    QTest.mouseClick(field, LEFT, pos=QPoint(300 - 15, 13))
    assert field.text() == ""
    QTest.keyClicks(field, "short")
    assert field.text() == "short"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""


def test_a_check_box_is_switched_by_its_words(qtbot: QtBot) -> None:
    box = shown(qtbot, CheckBox("Recompute"))
    QTest.mouseClick(box, LEFT, pos=QPoint(box.width() - 8, box.height() // 2))
    assert box.isChecked()


def test_the_ring_is_drawn_for_keys_and_moves_with_its_button(qtbot: QtBot) -> None:
    window = QWidget()
    first, second = Button("One"), Button("Two")
    line = QHBoxLayout(window)
    line.addWidget(first)
    line.addWidget(second)
    ring = FocusRing(window)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    ring.follow_focus(application)
    shown(qtbot, window)
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Tab)
    assert ring.around is second
    assert ring.geometry() == second.geometry().adjusted(-3, -3, 3, 3)
    second.move(60, 70)
    assert ring.geometry().topLeft() == QPoint(57, 67)
    second.hide()
    assert ring.around is first


def test_the_ring_stays_inside_what_scrolls(qtbot: QtBot) -> None:
    area, content, button = QScrollArea(), QWidget(), Button("Deep")
    QVBoxLayout(content).addWidget(button)
    area.setWidget(content)
    window = QWidget()
    QVBoxLayout(window).addWidget(area)
    shown(qtbot, window)
    ring = FocusRing(window)
    ring.mark(button)
    assert ring.parentWidget() is content


def test_a_message_says_its_tone_runs_its_action_and_closes(qtbot: QtBot) -> None:
    ran: list[str] = []
    strip = shown(
        qtbot, MessageStrip("error", "a<b", "Mend it.", actions=[("Mend", lambda: ran.append("mend"))], closable=True)
    )
    assert strip.accessibleName() == "error: a<b Mend it."
    mend, close = strip.findChildren(Button)
    QTest.mouseClick(mend, LEFT)
    assert ran == ["mend"]
    with qtbot.waitSignal(strip.closed):
        QTest.mouseClick(close, LEFT)
    assert not strip.isVisible()
    strip.show_message("success", "Saved.")
    assert strip.isVisible()
    assert strip.accessibleName() == "success: Saved."


def test_a_message_is_no_window_before_it_has_a_place(qtbot: QtBot) -> None:
    strip = MessageStrip("info", "Hello.")
    qtbot.addWidget(strip)
    assert not strip.isVisible()


def test_a_job_card_says_cancelling_until_it_has_stopped(qtbot: QtBot) -> None:
    card = shown(qtbot, JobCard("Encoding"))
    card.show_progress(0.25, "1 of 4 GB", "3 s left")
    bar = card.findChild(ProgressLine)
    assert bar is not None
    assert bar.accessibleName() == "Encoding: 25%"
    cancel = card.findChild(Button)
    assert cancel is not None
    with qtbot.waitSignal(card.cancel_asked):
        QTest.mouseClick(cancel, LEFT)
    assert not cancel.isVisible()
    assert bar.fraction == 0.25
    card.show_failed("diverged", "Lower the learning rate.")
    assert not bar.isVisible()


def test_an_elided_label_keeps_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    name = shown(qtbot, ElidedLabel("a-very-long-name-of-a-corpus.txt"))
    name.resize(80, 20)
    assert name.text().endswith("…")
    assert name.toolTip() == name.whole_text == "a-very-long-name-of-a-corpus.txt"
    name.resize(600, 20)
    assert (name.text(), name.toolTip()) == (name.whole_text, "")


@pytest.mark.parametrize(("window", "wide"), [(1280, 256), (1359, 256), (1360, 272), (1440, 272), (1920, 304)])
def test_the_inspector_is_as_wide_as_the_window_asks(qtbot: QtBot, window: int, wide: int) -> None:
    assert inspector_width(window) == wide
    host, inspector = QWidget(), Inspector()
    line = QHBoxLayout(host)
    line.addWidget(inspector)
    inspector.section("Corpus").add_field("Pattern", Choice("Pattern", ["gpt2"]))
    shown(qtbot, host)
    host.resize(window, 700)
    qtbot.waitUntil(lambda: inspector.width() == wide)


def test_the_scroll_bar_of_an_inspector_takes_no_room_from_its_parts(qtbot: QtBot) -> None:
    host, inspector = QWidget(), Inspector()
    QHBoxLayout(host).addWidget(inspector)
    words, below = label("words that wrap " * 12, "body", wrap=True), QWidget()
    section = inspector.section("Corpus")
    section.addWidget(words)
    section.addWidget(below)
    shown(qtbot, host)
    host.resize(1440, 700)
    qtbot.waitUntil(lambda: inspector.width() == 272)
    bar, before = inspector.verticalScrollBar(), (words.width(), words.height())
    for height, scrolls in ((2_000, True), (10, False)):
        below.setFixedHeight(height)
        qtbot.waitUntil(lambda: bar.isVisible() == scrolls)  # noqa: B023
        assert (words.width(), words.height(), inspector.width()) == (*before, 272)


def test_a_menu_line_runs_once(qtbot: QtBot) -> None:
    ran: list[str] = []
    menu = Menu()
    qtbot.addWidget(menu)
    action = menu.add("Copy as Markdown", lambda: ran.append("copy"), icon="copy", keys="Ctrl+C")
    menu.grab()
    action.trigger()
    assert ran == ["copy"]


def test_every_input_of_the_sheet_has_a_name(qtbot: QtBot, session: Session) -> None:
    page = ComponentsPage(session)
    qtbot.addWidget(page)
    inputs = [
        widget
        for kind in (QAbstractButton, QAbstractSpinBox, QSlider, QComboBox, QLineEdit)
        for widget in page.findChildren(kind)
        if not isinstance(widget.parent(), QAbstractSpinBox)
    ]
    assert len(inputs) > 20
    assert [type(widget).__name__ for widget in inputs if not widget.accessibleName()] == []


def test_the_sheet_can_be_filled_again(qtbot: QtBot, session: Session) -> None:
    page = shown(qtbot, ComponentsPage(session))
    page.fill_sample()
    page.fill_sample()
    assert len(page.findChildren(FocusRing)) == 2, "drawn twice, the rings are still two"
    assert page.settled()
