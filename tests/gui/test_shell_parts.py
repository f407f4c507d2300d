"""Do commands, settings, the session, errors, icons and colours keep their word?"""

import logging
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QListView, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.commands import Command, match
from app.errors import ErrorReporter, sentence
from app.icons import icon, picture
from app.session import Session, TokenizerInfo
from app.settings import Settings
from app.theme import DARK, LIGHT, Theme
from app.widgets.palette_rows import rows_for
from lmcore.bpe import Tokenizer
from lmcore.errors import CorpusError


def command(title: str, words: str = "") -> Command:
    return Command(title, lambda: None, words=words)


def titles(query: str, *commands: Command) -> list[str]:
    return [row.title for row in rows_for(query, [("Commands", commands)]) if row.command is not None]


def test_a_word_that_begins_so_comes_before_one_that_contains_it() -> None:
    inside, begins = command("Prolong the run"), command("Find the longest context")
    assert titles("long", inside, begins) == [begins.title, inside.title]


def test_typed_letters_are_found_apart_but_in_order() -> None:
    found = match("expcsv", command("Export as CSV"))
    assert found is not None
    assert "".join("Export as CSV"[place] for place in found.places).casefold() == "expcsv"
    assert match("vsc", command("Export as CSV")) is None


def test_initials_and_further_words_find_a_command() -> None:
    assert titles("tl", command("Show the longest")) == ["Show the longest"]
    assert titles("theme night", command("Use the dark theme", words="night")) == ["Use the dark theme"]


def test_no_query_lists_all_in_order_and_nothing_found_says_so() -> None:
    commands = [command("Beta"), command("Alpha")]
    assert titles("", *commands) == ["Beta", "Alpha"]
    assert [row.title for row in rows_for("qqq", [("Commands", commands)])] == ["Nothing fits “qqq”."]


def test_settings_survive_and_foreign_values_give_the_default(tmp_path: Path) -> None:
    path = tmp_path / "one.ini"
    first = Settings(path)
    first.theme, first.font_factor, first.last_page = "dark", 1.25, "bpe"
    first.geometry = QByteArray(b"\x00\x01\xff")
    first.set_splitter("bpe", QByteArray(b"\x07"))
    first.dismiss("sample")
    first.save()
    again = Settings(path)
    assert (again.theme, again.font_factor, again.last_page) == ("dark", 1.25, "bpe")
    assert (again.geometry.data(), again.splitter("bpe").data()) == (b"\x00\x01\xff", b"\x07")
    assert (again.dismissed("sample"), again.dismissed("other")) == (True, False)
    path.write_text("theme=purple\nfont_factor=huge\n[window]\ngeometry=7\n", encoding="utf-8")
    strange = Settings(tmp_path / "one.ini")
    strange._store.sync()
    assert (strange.theme, strange.font_factor, strange.geometry.size()) == ("system", 1.0, 0)


@pytest.mark.parametrize(("written", "read"), [("9", 2.0), ("0.1", 0.8), ("nan", 1.0)])
def test_a_text_size_stays_readable(tmp_path: Path, written: str, read: float) -> None:
    (tmp_path / "one.ini").write_text(f"font_factor={written}\n", encoding="utf-8")
    assert Settings(tmp_path / "one.ini").font_factor == read


def test_recent_files_are_newest_first_each_once_and_ten(settings: Settings, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}, a b.txt" for number in range(12)]
    for path in paths:
        settings.add_recent("corpora", [path])
    settings.add_recent("corpora", [paths[5]])
    assert settings.recent("corpora") == [paths[5], *paths[11:5:-1], *paths[4:1:-1]]
    assert settings.recent("tokenizers") == []


def test_a_page_that_says_twice_that_it_works_is_heard_once(qtbot: QtBot, session: Session) -> None:
    heard: list[tuple[str, bool]] = []
    session.busy.connect(lambda page, working: heard.append((page, working)))
    for working in (True, True, False, False):
        session.set_busy("bpe", working)
    assert heard == [("bpe", True), ("bpe", False)]


def test_a_tokenizer_is_told_to_all_and_remembered_once_it_has_a_place(session: Session, tmp_path: Path) -> None:
    heard: list[object] = []
    session.tokenizer_changed.connect(heard.append)
    tokenizer = Tokenizer({byte: bytes([byte]) for byte in range(256)}, [])
    unsaved = TokenizerInfo("Tales", 256, tokenizer)
    saved = TokenizerInfo("Tales", 256, tokenizer, tmp_path / "tales")
    session.set_tokenizer(unsaved)
    assert session.settings.recent("tokenizers") == []
    session.set_tokenizer(saved)
    assert heard == [unsaved, saved]
    assert session.settings.recent("tokenizers") == [tmp_path / "tales"]


def test_errors_are_told_in_one_sentence() -> None:
    assert sentence(CorpusError("a.txt is empty. Choose another")) == "a.txt is empty. Choose another."
    assert sentence(KeyError("x")) == "Something unexpected went wrong (KeyError: 'x')."
    assert sentence(AssertionError()) == "Something unexpected went wrong (AssertionError)."


def test_errors_of_every_thread_reach_the_log_and_the_window(
    qtbot: QtBot, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    reporter = ErrorReporter(tmp_path / "log")
    hooks = (sys.excepthook, threading.excepthook)
    reporter.install()
    try:
        told: list[tuple[str, str]] = []
        reporter.reported.connect(lambda words, details: told.append((words, details)))
        thread = threading.Thread(target=lambda: 1 // 0)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: bool(told))
    finally:
        reporter.remove()
    caplog.clear()
    assert (sys.excepthook, threading.excepthook) == hooks
    assert "ZeroDivisionError" in told[0][0]
    assert "Traceback" in told[0][1]
    assert "ZeroDivisionError" in (tmp_path / "log").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert logging.getLogger("lm-explorer").handlers == []


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_a_theme_finds_its_way_back_from_any_styled_widget(qtbot: QtBot, dressed: QApplication, theme: Theme) -> None:
    """A style sheet's background changes a widget's palette; no input, list or menu may mistake its theme for it."""
    style.apply(dressed, theme, 1.0)
    window = QWidget()
    qtbot.addWidget(window)
    for made in (QLineEdit(window), QComboBox(window), QSpinBox(window), QListView(window)):
        for enabled in (True, False):
            made.setEnabled(enabled)
            made.setProperty("floating", True)
            made.setProperty("bare", True)
            made.ensurePolished()
            assert Theme.of(made.palette()) is theme, type(made).__name__


def test_every_colour_of_the_palette_belongs_to_the_theme() -> None:
    known = {colour.lower() for colour in vars(DARK).values() if isinstance(colour, str)}
    made = style.palette(DARK)
    roles = [
        role for role in QPalette.ColorRole if role not in (QPalette.ColorRole.NColorRoles, QPalette.ColorRole.NoRole)
    ]
    assert {made.color(role).name() for role in roles} <= known


def test_figures_of_both_families_are_equally_wide(dressed: QApplication) -> None:
    from PySide6.QtGui import QFontMetricsF

    for kind in (fonts.BODY, fonts.TABLE, fonts.MONO_TABLE):
        metrics = QFontMetricsF(kind.font())
        assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


def test_labels_keep_tabular_figures_through_the_style_sheet(qtbot: QtBot) -> None:
    from PySide6.QtGui import QFontMetricsF

    from app.widgets.labels import label

    made = label("1111", "figure")
    qtbot.addWidget(made)
    made.ensurePolished()
    metrics = QFontMetricsF(made.font())
    assert made.font().pixelSize() == 22
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8888")


def _inks(image: QImage) -> set[str]:
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {QColor(pixel.red(), pixel.green(), pixel.blue()).name() for pixel in pixels if pixel.alpha() == 255}


def test_icons_take_the_colour_asked_for_and_the_screen_s_pixels(dressed: QApplication) -> None:
    drawn = picture("play", "#4653c5", 16, 2.0)
    assert (drawn.width(), drawn.devicePixelRatio()) == (32, 2.0)
    assert _inks(drawn) == {"#4653c5"}


def test_a_qicon_has_the_colours_of_the_theme_shown(dressed: QApplication) -> None:
    style.apply(dressed, DARK, 1.0)
    drawn = icon("play", lambda theme: theme.accent).pixmap(16, 16).toImage()
    assert _inks(drawn) <= {DARK.accent.lower()}
    assert _inks(drawn)
