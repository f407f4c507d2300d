"""Does the page say what a text is, what broke it, and what becomes of it, in every form and for every case?"""

import random
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app import fonts
from app.main_window import MainWindow
from app.pages.bytes_page import BytesPage
from app.pages.bytes_page.background import SHORT
from app.pages.bytes_page.excerpt import WHOLE, excerpt
from app.pages.bytes_page.lessons import LESSONS, pairs_that_decode
from app.pages.bytes_page.results_panel import HandlersPanel
from app.pages.bytes_page.why_panel import WhyPanel
from app.theme import Theme
from app.widgets.glyphs import GlyphCache
from app.widgets.lanes_metrics import Lane
from lmcore.text.lanes import Span
from lmcore.text.utf8 import first_malformed
from tests.gui.bpe_page import PATIENCE
from tests.gui.bytes_page import EDITED, settle
from tests.gui.shots import ALLOWED, Shot


def handler_texts(page: BytesPage) -> dict[str, tuple[str, ...]]:
    return {row[0].words: tuple(cell.words for cell in row[1:]) for row in page.handlers.handlers.rows}


def test_the_sample_and_its_edited_byte(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    assert page.input.counts.error == ""
    page.fill_sample()
    settle(qtbot, page)
    assert page.document.data == EDITED
    assert page.input.counts.words.startswith("12 graphemes, 14 code points, 28 bytes, 6 pre-tokens, 25 tokens (moby")
    assert page.input.counts.error == "Not valid UTF-8 at byte 9"
    assert page.why.title == "Why these bytes do not decode"
    assert page.why.words == (
        "Byte 11 was BD and is now 3D: one bit was cleared, so the sequence E5 A5 is cut off before its third byte. "
        "Rule broken: truncated sequence."
    )
    texts = handler_texts(page)
    assert texts["strict"] == ("UnicodeDecodeError at 9–10", "–", "–")
    assert texts["replace"][1] == "29"
    # A character that no font of this machine can draw is shown as its code.
    you = "你" if GlyphCache(fonts.MONO_BODY.font()).has_glyph("你") else "U+4F60"
    assert texts["backslashreplace"][0].startswith(f"Café {you}\\xe5\\xa5= ")
    assert texts["surrogateescape"][0].startswith(f"Café {you}\\udce5\\udca5= ")
    assert [row[1].words for row in page.forms.forms.rows] == ["14", "16", "14", "16"]
    assert page.forms.sentence.startswith("NFC joins e + U+0301 into é (U+00E9); the two é look alike")


def test_restoring_the_byte_mends_the_text(qtbot: QtBot, bytes_page: BytesPage, window: MainWindow) -> None:
    page = bytes_page
    page.fill_sample()
    settle(qtbot, page)
    assert window.status_text == "1 edited byte · nothing is saved"
    assert page.why.restore_button.text() == "Restore BD"
    qtbot.mouseClick(page.why.restore_button, Qt.MouseButton.LeftButton)
    settle(qtbot, page)
    assert page.document.data.decode() == "Café 你好 👩\u200d🚀 e\u0301"
    assert page.input.counts.error == ""
    assert window.status_text == ""
    page.document.undo()
    assert page.document.data == EDITED
    assert page.document.edited == {11: 0xBD}
    page.document.redo()
    assert page.document.edited == {}


def test_typing_in_the_field_shows_in_the_lanes_and_is_undone(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load(b"")
    qtbot.keyClicks(page.input.field, "ab")
    assert page.lanes.data == b"ab"
    assert page.summary is not None
    assert page.summary.counts.points == 2
    qtbot.keyClick(page.input.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.lanes.data == b""
    assert page.input.field.toPlainText() == ""


def test_typing_hex_digits_in_the_lanes_shows_in_the_field(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load(b"abc")
    page.lanes.select_cell(Lane.UTF8, 1)
    qtbot.keyClicks(page.lanes, "7a")
    assert page.document.data == b"azc"
    assert page.input.field.toPlainText() == "azc"
    assert page.document.edited == {1: 0x62}
    assert page.lanes.selection == (2, 3)


def test_hex_is_typed_and_what_is_none_is_explained_in_place(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load(b"ab")
    qtbot.keyClick(page.input.forms, Qt.Key.Key_Right)
    assert page.input.form == "hex"
    assert page.input.field.toPlainText() == "61 62"
    page.input.field.moveCursor(page.input.field.textCursor().MoveOperation.End)
    qtbot.keyClicks(page.input.field, " c")
    assert page.document.data == b"ab"
    assert page.input.counts.error == "Byte 2 has one digit, C; type its second."
    qtbot.keyClicks(page.input.field, "3")
    assert page.document.data == b"ab\xc3"
    assert page.input.counts.error == "Not valid UTF-8 at byte 2"
    assert page.input.field.toPlainText() == "61 62 c3"


def test_python_literals_are_read(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load(b"caf\xe9")
    qtbot.keyClick(page.input.forms, Qt.Key.Key_Right)
    qtbot.keyClick(page.input.forms, Qt.Key.Key_Right)
    assert page.input.field.toPlainText() == r"b'caf\xe9'"
    page.input.field.selectAll()
    page.input.field.insertPlainText(r"'\ud800' + chr(0)")
    assert page.document.data == b"\xed\xa0\x80\0"
    page.input.field.selectAll()
    page.input.field.insertPlainText("print(1)")
    assert page.input.counts.error.startswith("Only literals, chr(number) and + are read here")
    assert page.document.data == b"\xed\xa0\x80\0"


def test_selecting_in_the_lanes_explains_the_character(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load("aé".encode())
    page.lanes.select_cell(Lane.POINT, 2)
    settle(qtbot, page)
    assert page.why.title == "What is selected"
    assert page.why.words == (
        "The payload bits 00011 101001 make U+00E9. U+00E9 LATIN SMALL LETTER E WITH ACUTE, lowercase letter"
    )


def test_the_next_malformed_bytes_are_found_around_the_end(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load(b"a\xffb\xe5\xa5c")
    found = []
    for _ in range(3):
        page.next_malformed()
        found.append(page.lanes.selection)
    assert found == [(1, 2), (3, 5), (1, 2)]


@pytest.mark.parametrize("place", range(len(LESSONS)), ids=[title for title, _ in LESSONS])
def test_every_case_shows_its_table_and_leads_on(qtbot: QtBot, bytes_page: BytesPage, place: int) -> None:
    page = bytes_page
    qtbot.mouseClick(page.input.tries[place], Qt.MouseButton.LeftButton)
    settle(qtbot, page)
    lesson, table = page.lesson.lesson, page.lesson.table
    assert lesson is not None
    assert table is not None
    assert page.document.data == lesson.data
    assert len(table.rows) == len(lesson.leads) > 1
    last = len(table.rows) - 1
    table.chosen.emit(last)
    lead = lesson.leads[last]
    assert (page.document.data if isinstance(lead, bytes) else page.lanes.selection) == lead
    page.grab()
    page.lesson.close_lesson()
    assert not page.lesson.isVisible()


def test_an_empty_text_says_what_to_do(bytes_page: BytesPage) -> None:
    bytes_page.load(b"")
    assert bytes_page.lanes.note.startswith("Type or paste a text")
    bytes_page.load(b"text")
    assert bytes_page.lanes.note == ""


def test_a_lesson_goes_with_its_text(bytes_page: BytesPage) -> None:
    page = bytes_page
    page.try_lesson(3)
    lesson = page.lesson.lesson
    assert lesson is not None
    page.document.set_byte(0, 0x41)
    assert page.lesson.lesson is lesson
    QGuiApplication.clipboard().setText("another text")
    page.paste()
    assert page.lesson.isHidden()
    page.try_lesson(1)
    assert page.lesson.isVisible()
    page.document.splice(0, len(page.document.data), b"typed over", typed=True)
    assert page.lesson.lesson is None


def test_figures_of_the_cases_are_true(bytes_page: BytesPage) -> None:
    pairs = [bytes((one, other)) for one in range(256) for other in range(256)]
    texts = [len(text) for pair in pairs if (text := pair.decode("utf-8", "ignore")).encode() == pair]
    assert (texts.count(2), texts.count(1)) == pairs_that_decode()
    lessons = {title: make(len) for title, make in LESSONS}
    rest = 256 * 256 - sum(pairs_that_decode())
    assert f"the other {rest:,} do not decode" in lessons["Two bytes, no character"].sentence
    rows = lessons["Seven languages"].rows
    assert [row[0].words for row in rows] == ["English", "German", "Russian", "Arabic", "Hindi", "Chinese", "Japanese"]
    for row, lead in zip(rows, lessons["Seven languages"].leads, strict=True):
        assert isinstance(lead, Span)
        text = lessons["Seven languages"].data[lead.start : lead.end].decode()
        sizes = [len(text), *[len(text.encode(name)) for name in ("utf-8", "utf-16-le", "utf-32-le")]]
        assert [cell.words for cell in row[2:6]] == [str(size) for size in sizes]
    errors = [row[3].words for row in lessons["One byte at a time"].rows]
    assert errors[:2] == ["'n'", "UnicodeDecodeError: unexpected end of data"]
    assert errors[2] == "UnicodeDecodeError: invalid start byte"


def test_mojibake_is_named_and_undone(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load("x CafÃ© y".encode())
    assert page.why._twice.isVisibleTo(page)
    qtbot.mouseClick(page.why._repair, Qt.MouseButton.LeftButton)
    assert page.document.data == "x Café y".encode()
    assert not page.why._twice.isVisibleTo(page)


def test_a_dropped_file_of_any_kind_is_shown(
    qtbot: QtBot, bytes_page: BytesPage, window: MainWindow, tmp_path: Path
) -> None:
    data = random.Random(7).randbytes(70_000)
    path = tmp_path / "picture.bin"
    path.write_bytes(data)
    assert bytes_page.accepts([path])
    window.open_paths([path])
    qtbot.waitUntil(lambda: bytes_page.document.data == data, timeout=PATIENCE)
    assert window.status_text.startswith("picture.bin: 70.0 kB.")
    settle(qtbot, bytes_page)
    assert bytes_page.summary is not None
    assert bytes_page.summary.counts.size == 70_000
    bytes_page.grab()
    bytes_page.try_lesson(0)
    assert window.status_text == ""


def test_a_file_that_cannot_be_read_is_told(qtbot: QtBot, bytes_page: BytesPage, tmp_path: Path) -> None:
    before = bytes_page.document.data
    bytes_page.open_paths([tmp_path])
    qtbot.waitUntil(lambda: bool(bytes_page.messages.shown), timeout=PATIENCE)
    assert "Choose a file that can be read." in bytes_page.messages.shown[0]
    assert bytes_page.document.data == before


def test_a_long_text_is_summed_up_by_a_job_and_edited_through_an_excerpt(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    data = ("Es war einmal, 你好 – " * 5000).encode()
    page.load(data)
    assert not page.settled()
    assert "… tokens" in page.input.counts.words
    page.lanes.select(Span(60_000, 60_001), reveal=True)
    span = page.input.span
    assert span.start <= 60_000 < span.end <= span.start + WHOLE
    assert page.input.field.content() == data[span.start : span.end]
    page.input.field.moveCursor(page.input.field.textCursor().MoveOperation.Start)
    qtbot.keyClicks(page.input.field, "Q")
    assert page.document.data == data[: span.start] + b"Q" + data[span.start :]
    settle(qtbot, page)
    assert page.summary is not None
    assert page.summary.counts.size == len(data) + 1


def test_a_change_drops_the_job_before_it(qtbot: QtBot, bytes_page: BytesPage) -> None:
    page = bytes_page
    page.load(b"word " * SHORT)
    page.load(b"short")
    assert page.summary is not None
    assert page.summary.counts.size == 5
    settle(qtbot, page)
    assert page.summary.counts.size == 5


def test_the_clipboard_is_taken_and_bytes_are_copied(bytes_page: BytesPage) -> None:
    page = bytes_page
    QGuiApplication.clipboard().setText("né")
    page.paste()
    assert page.document.data == "né".encode()
    page.lanes.select(Span(1, 3))
    page.copy_bytes()
    assert QGuiApplication.clipboard().text() == "C3 A9"


def test_an_excerpt_holds_the_place_and_stays_while_it_does() -> None:
    data = ("你好 e\u0301 " * 2000).encode()
    first = excerpt(data, 9000, Span(0, 0))
    assert first.start < 9000 < first.end
    data[first.start : first.end].decode()
    assert excerpt(data, first.start + 3, first) == first
    assert excerpt(data, 30, first) != first
    assert excerpt(b"short", 2, first) == Span(0, 5)


def test_typed_letters_are_undone_together_and_other_changes_apart(bytes_page: BytesPage) -> None:
    document = bytes_page.document
    document.load(b"ab")
    document.splice(2, 2, b"c", typed=True)
    document.splice(3, 3, b"d", typed=True)
    document.splice(0, 4, b"xbcd")
    document.set_byte(1, 0x42)
    seen = []
    for _ in range(3):
        document.undo()
        seen.append(document.data)
    assert seen == [b"xbcd", b"abcd", b"ab"]
    for _ in range(3):
        document.redo()
    assert document.data == b"xBcd"


def test_it_looks_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    data = b"Caf\xc3\xa9 \xe5\xa5= end"
    host, why, handlers = QWidget(), WhyPanel(), HandlersPanel()
    qtbot.addWidget(host)
    line = QHBoxLayout(host)
    line.addWidget(why, 1)
    line.addWidget(handlers, 1)
    host.resize(860, 330)
    with qtbot.waitExposed(host):
        host.show()
    why.show_state(data, Span(6, 8), first_malformed(data), {8: 0xBD})
    why.next_button.hide()
    handlers.show_text(data, 6, first_malformed(data))
    qtbot.waitUntil(lambda: handlers.printed.height() >= handlers.printed.sizeHint().height())
    assert shot(host, f"bytes-{theme.name}") < ALLOWED


def test_nothing_is_cut_at_the_right_of_a_small_window(qtbot: QtBot, bytes_page: BytesPage, window: MainWindow) -> None:
    window.resize(960, 600)
    bytes_page.fill_sample()
    settle(qtbot, bytes_page)
    area = bytes_page.findChild(QScrollArea)
    assert area is not None
    for place in (None, *range(len(LESSONS))):
        if place is not None:
            bytes_page.try_lesson(place)
            settle(qtbot, bytes_page)
        qtbot.waitUntil(lambda: area.horizontalScrollBar().maximum() == 0)
    assert bytes_page.forms.y() > bytes_page.handlers.geometry().bottom()
    assert bytes_page.input.counts.error.startswith("Not valid UTF-8 at byte 0")
    window.resize(1440, 900)
    qtbot.waitUntil(lambda: bytes_page.forms.y() == bytes_page.handlers.y())
