"""Does the window bring pages, keys, and dropped files together?"""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.session import Activity
from app.widgets.buttons import Button
from app.widgets.command_palette import CommandPalette
from app.widgets.message import MessageStrip
from app.widgets.rail import Rail
from app.widgets.shortcut_list import ShortcutList
from tests.gui.shell_pages import LocalSpec, OtherPage, note

Make = Callable[..., MainWindow]


def dropped(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def chosen(palette: CommandPalette) -> str:
    return palette.chosen.title if palette.chosen is not None else ""


def test_a_page_is_made_on_its_first_visit_and_kept(make_window: Make) -> None:
    window = make_window(first="")
    specs = window.stack.specs
    assert [made for one in specs.values() if isinstance(one, LocalSpec) for made in one.made] == []
    window.show_page("note")
    first = note(window)
    window.show_page("other")
    window.show_page("note")
    assert note(window) is first
    assert window.stack.shown is first
    assert [made for one in specs.values() if isinstance(one, LocalSpec) for made in one.made] == ["note", "other"]


def test_the_rail_lists_pages_of_a_group_and_shrinks_to_icons(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    rail = window.findChild(Rail)
    assert rail is not None
    assert list(rail.items) == ["note", "other"]
    assert (rail.width(), rail.items["note"].toolTip()) == (183, "")
    window.resize(1359, 800)
    qtbot.waitUntil(lambda: rail.width() == 55)
    assert rail.items["note"].toolTip() == "Note  Ctrl+1"
    window.resize(1360, 800)
    qtbot.waitUntil(lambda: rail.width() == 183)


def test_a_click_in_the_rail_shows_the_page_and_marks_it(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    rail = window.findChild(Rail)
    assert rail is not None
    QTest.mouseClick(rail.items["other"], Qt.MouseButton.LeftButton)
    assert window.current == "other"
    assert [item.isChecked() for item in rail.items.values()] == [False, True]
    qtbot.waitUntil(lambda: window.stack.shown is not None)
    assert window.stack.shown is window.stack.page("other")


def test_while_a_page_is_made_it_is_named_and_nothing_can_be_done_on_it(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    page = note(window)
    window.go_to("other")
    assert (window.current, window.stack.shown) == ("other", None)
    assert not page.isVisible()
    assert not page.start.isVisible()
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert page.runs == []
    with qtbot.waitSignal(window.page_shown) as shown:
        pass
    assert shown.args == ["other"]
    assert window.stack.shown is window.stack.page("other")


def test_a_page_that_can_be_shown_has_its_styles(make_window: Make, qtbot: QtBot) -> None:
    window = make_window(first="other")
    with qtbot.waitSignal(window.stack.prepared):
        window.stack.prepare("note")
    page = note(window)
    assert not page.isVisible()
    assert page.line in page.findChildren(QWidget)
    assert all(part.testAttribute(Qt.WidgetAttribute.WA_WState_Polished) for part in page.findChildren(QWidget))


def test_a_page_is_painted_once_it_is_laid_out_and_at_once_over_another(make_window: Make, qtbot: QtBot) -> None:
    window = make_window(first="")
    window.show_page("note")
    page = note(window)
    assert not page.updatesEnabled()
    qtbot.waitUntil(page.updatesEnabled)
    window.show_page("other")
    assert window.stack.shown is not None
    assert window.stack.shown.updatesEnabled()
    window.show_page("note")
    assert page.updatesEnabled()


def test_who_goes_back_meanwhile_stays_there(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    window.go_to("other")
    window.go_to("note")
    assert window.stack.shown is note(window)
    qtbot.waitUntil(lambda: window.stack.page("other") is not None)
    assert (window.current, window.stack.shown) == ("note", note(window))


def test_what_is_painted_ahead_is_as_large_as_it_will_be_seen(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    window.go_to("other")
    qtbot.waitUntil(lambda: window.stack.shown is window.stack.page("other") is not None)
    page = window.stack.shown
    assert isinstance(page, OtherPage)
    qtbot.waitUntil(lambda: any(seen for seen, _ in page.sight.paints))
    assert page.sight.paints[0] == (False, page.sight.size())
    assert all(size == page.sight.size() for _, size in page.sight.paints)


def test_a_page_that_is_wanted_at_once_is_made_once(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    window.go_to("other")
    window.show_page("other")
    made = window.stack.shown
    assert made is window.stack.page("other") is not None
    qtbot.waitUntil(lambda: not window.session.jobs.running)
    assert window.stack.page("other") is made
    spec = window.stack.specs["other"]
    assert isinstance(spec, LocalSpec)
    assert spec.made == ["other"]


def test_a_window_that_closes_makes_no_more_pages(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    window.go_to("other")
    window.leave()
    qtbot.waitUntil(lambda: not window.session.jobs.running)
    assert window.stack.page("other") is None


def test_the_dot_follows_the_page_that_works(make_window: Make) -> None:
    window = make_window()
    rail = window.findChild(Rail)
    assert rail is not None
    note(window).busy.emit(True)
    assert rail.items["note"].accessibleName() == "Note, working"
    assert window.session.is_busy("note")
    note(window).busy.emit(False)
    assert rail.items["note"].accessibleName() == "Note"


def test_a_page_that_cannot_be_made_leaves_the_one_before(make_window: Make) -> None:
    window = make_window()
    with pytest.raises(RuntimeError, match="no such chart"):
        window.show_page("broken")
    assert window.current == "note"
    assert window.stack.shown is note(window)


def test_a_page_that_was_waited_for_and_cannot_be_made_leaves_the_one_before(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    with qtbot.captureExceptions() as caught:
        window.go_to("broken")
        qtbot.waitUntil(lambda: window.stack.shown is note(window))
    assert [str(error) for _, error, _ in caught] == ["no such chart"]
    assert window.current == "note"
    rail = window.findChild(Rail)
    assert rail is not None
    assert rail.items["note"].isChecked()


def test_the_header_leaves_hidden_what_the_page_has_hidden(make_window: Make) -> None:
    window = make_window()
    page = note(window)
    assert (page.start.isVisible(), page.cancel.isVisible()) == (True, False)
    window.show_page("other")
    assert not page.start.isVisible()
    page.cancel.show()
    page.start.hide()
    window.show_page("note")
    assert (page.start.isVisible(), page.cancel.isVisible()) == (False, True)


def test_keys_of_a_page_work_only_while_it_is_shown(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    page = note(window)
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert page.runs == ["begin"]
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert window.current == "other"
    qtbot.waitUntil(lambda: window.stack.page("other") is not None)
    QTest.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert page.runs == ["begin"]


def test_the_palette_finds_runs_and_gives_the_focus_back(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    page = note(window)
    page.line.setFocus()
    chord = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_P, chord)
    palette = window.findChild(CommandPalette)
    assert palette is not None
    assert palette.isVisible()
    line = palette.focus_target()
    QTest.keyClicks(line, "zzz")
    assert chosen(palette) == ""
    line.setProperty("text", "")
    QTest.keyClicks(line, "note")
    assert chosen(palette) == "Begin the note"
    QTest.keyClick(line, Qt.Key.Key_Down)
    assert chosen(palette) == "Note"
    QTest.keyClick(line, Qt.Key.Key_Up)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert page.runs == ["begin"]
    assert not palette.isVisible()
    assert QApplication.focusWidget() is page.line


def test_escape_and_a_click_beside_close_the_palette(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    palette = window.findChild(CommandPalette)
    assert palette is not None
    window.show_palette()
    QTest.keyClick(palette.focus_target(), Qt.Key.Key_Escape)
    assert not palette.isVisible()
    window.show_palette()
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.panel.geometry().center())
    assert palette.isVisible()
    QTest.mouseClick(palette, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not palette.isVisible()


def test_a_question_mark_lists_the_keys_unless_it_is_typed(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    page = note(window)
    keys = window.findChild(ShortcutList)
    assert keys is not None
    page.line.setFocus()
    QTest.keyClicks(page.line, "why?")
    assert page.line.text() == "why?"
    assert not keys.isVisible()
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    assert keys.isVisible()
    QTest.keyClick(keys, Qt.Key.Key_Escape)
    assert not keys.isVisible()


def test_a_file_dropped_anywhere_is_opened_by_a_page_that_can(make_window: Make, tmp_path: Path) -> None:
    window = make_window()
    window.show_page("other")
    story = tmp_path / "story.txt"
    data = dropped(story)
    enter = QDragEnterEvent(
        QPoint(700, 400), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(
        QPointF(700, 400), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(window, drop)
    assert window.current == "note"
    assert note(window).opened == [story]


def test_a_file_that_no_page_opens_is_named(make_window: Make, tmp_path: Path) -> None:
    window = make_window()
    window.open_paths([tmp_path / "picture.png"])
    assert window.status_text == "No page can open picture.png."
    assert note(window).opened == []


def test_an_unexpected_error_stands_above_the_page_and_can_be_copied(make_window: Make, qtbot: QtBot) -> None:
    window = make_window()
    window.show_problem("Something unexpected went wrong (KeyError: 3).", "Traceback: the whole of it")
    strip = window.findChild(MessageStrip)
    assert strip is not None
    assert strip.isVisible()
    assert "KeyError: 3" in strip.accessibleName()
    copy = next(button for button in strip.findChildren(Button) if button.text() == "Copy details")
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "Traceback: the whole of it"


def test_the_status_bar_tells_of_the_job(make_window: Make) -> None:
    window = make_window()
    window.session.show_activity(Activity("note", "Note", "merge 12 of 20", 0.6))
    assert window.status_text == "merge 12 of 20"
    window.session.show_activity(None)
    window.session.say("Saved.")
    assert window.status_text == "Saved."


def test_the_words_of_a_job_go_with_what_it_does_next(make_window: Make) -> None:
    """What was said by the page stays behind a job without words."""
    window = make_window()
    window.session.show_activity(Activity("note", "Opening", "sample", None))
    window.session.show_activity(Activity("note", "Measuring", "", None))
    assert window.status_text == ""
    window.session.show_activity(None)
    assert window.status_text == ""
    window.session.say("Saved.")
    window.session.show_activity(Activity("note", "Measuring", "", None))
    window.session.show_activity(None)
    assert window.status_text == "Saved."


def test_what_was_said_of_a_page_goes_and_comes_with_it(make_window: Make) -> None:
    window = make_window()
    window.show_page("note")
    window.session.say("Saved.")
    window.show_page("other")
    assert window.status_text == ""
    window.session.say("Counted.")
    window.show_page("note")
    assert window.status_text == "Saved."
    window.show_page("other")
    assert window.status_text == "Counted."
