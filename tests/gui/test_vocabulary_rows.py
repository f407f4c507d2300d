"""Do the rows of the Vocabulary page stay usable: copied in bounds, wide enough, never beside a token that is gone?"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.vocabulary.browse import EMPTY, READING, TABLE
from app.pages.vocabulary.page import COMPARE, VocabularyPage
from app.session import Session
from app.tables.view import COPIED
from app.tables.vocabulary import COLUMNS, STRETCHED, VocabularyModel
from app.widgets.cells import CellDelegate, Index, Look
from lmcore.bpe.vocabulary.columns import NONE
from lmcore.bpe.vocabulary.ordering import Column
from lmcore.bpe.vocabulary.views import View
from tests.core.sample_vocabularies import sample_tokenizer, trained
from tests.gui.bpe_page import PATIENCE
from tests.gui.test_vocabulary_page import page_of, settle


@pytest.fixture
def shown(qtbot: QtBot, window: MainWindow) -> VocabularyPage:
    """The page over the bundled tokenizer, all rows in view."""
    window.show_page("vocabulary")
    page = page_of(window)
    settle(qtbot, page)
    return page


def press_copy(qtbot: QtBot, page: VocabularyPage) -> None:
    qtbot.keyClick(page.browse.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)


def test_more_rows_than_a_clipboard_should_hold_are_not_read(
    qtbot: QtBot, shown: VocabularyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    QGuiApplication.clipboard().setText("before")
    shown.browse.table.selectAll()
    read, look = set[int](), VocabularyModel.look

    def noted(model: VocabularyModel, row: int, column: int) -> Look:
        read.add(row)
        return look(model, row, column)

    monkeypatch.setattr(VocabularyModel, "look", noted)
    with qtbot.waitSignal(shown.session.status) as said:
        press_copy(qtbot, shown)
    assert said.args == ["10,000 rows are too many for the clipboard; export them instead"]
    with qtbot.waitSignal(shown.session.status) as said:
        shown.copy_rows()
    assert "too many" in said.args[0]
    assert QGuiApplication.clipboard().text() == "before"
    assert len(read) < 100, "rows were read that are not on the screen"


def test_what_is_copied_is_what_is_shown(qtbot: QtBot, shown: VocabularyPage) -> None:
    table = shown.browse.table
    shown.browse.filter.setText("whale")
    assert 1 < len(shown.browse.rows) < COPIED
    table.selectAll()
    press_copy(qtbot, shown)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]
    assert len(lines) == len(shown.browse.rows)
    assert {len(line) for line in lines} == {len(table.shown_columns())}
    table.toggle_column(Column.KIND)
    press_copy(qtbot, shown)
    assert "Lower-case words" in QGuiApplication.clipboard().text()


def test_columns_that_have_no_room_scroll_sideways(qtbot: QtBot, window: MainWindow, shown: VocabularyPage) -> None:
    table = shown.browse.table
    places = {COLUMNS.index(column): least for column, least in STRETCHED.items()}
    header = table.horizontalHeader()
    assert table.horizontalScrollBar().maximum() == 0
    assert header.length() == table.viewport().width()
    for column in COLUMNS:
        if column not in table.shown_columns():
            table.toggle_column(column)
    window.resize(1000, 640)
    qtbot.waitUntil(lambda: table.horizontalScrollBar().maximum() > 0)
    assert {place: header.sectionSize(place) for place in places} == places
    last = header.sectionViewportPosition(len(COLUMNS) - 1) + header.sectionSize(len(COLUMNS) - 1)
    assert last - table.horizontalScrollBar().maximum() == table.viewport().width()


def test_another_view_selects_its_first_token(qtbot: QtBot, shown: VocabularyPage) -> None:
    shown.browse.go_to_id(ord("!"))
    shown.browse.choose_view(View.WORDS)
    settle(qtbot, shown)
    assert shown.browse.selected == shown.browse.rows[0] == shown.browse.token.row


def test_a_view_chosen_before_anything_is_read_is_shown(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("vocabulary")
    page = page_of(window)
    page.browse.choose_view(View.WORDS)
    settle(qtbot, page)
    assert page.browse.panel.view is View.WORDS
    assert len(page.browse.rows) == 9_683


def test_no_rows_show_a_sentence_and_no_token(qtbot: QtBot, shown: VocabularyPage) -> None:
    shown.browse.filter.setText("no such token")
    settle(qtbot, shown)
    assert shown.browse.pane == EMPTY
    assert (shown.browse.selected, shown.browse.token.row) == (NONE, NONE)
    shown.browse.filter.setText("whale")
    settle(qtbot, shown)
    assert shown.browse.pane == TABLE
    assert shown.browse.selected == shown.browse.rows[0]


def test_a_corpus_that_cannot_be_counted_leaves_the_one_before(
    qtbot: QtBot, shown: VocabularyPage, tmp_path: Path
) -> None:
    before, corpus = shown.knowledge.usage, shown.knowledge.corpus
    assert before is not None
    binary = tmp_path / "picture.txt"
    binary.write_bytes(bytes(range(256)) * 100)
    shown.take_corpus([binary])
    settle(qtbot, shown)
    assert "picture.txt" in shown.messages.shown[0]
    assert (shown.knowledge.usage, shown.knowledge.corpus) == (before, corpus)
    place = COLUMNS.index(Column.USED)
    assert shown.browse.model.index(0, place).data() == f"{before.counts[shown.browse.rows[0]]:,}"


def test_two_tokenizers_dropped_are_compared(
    qtbot: QtBot, shown: VocabularyPage, session: Session, tmp_path: Path
) -> None:
    paths = [tmp_path / "one.json", tmp_path / "two.json"]
    for path, tokenizer in zip(paths, (sample_tokenizer(), trained("abcab abca bcab", 8)), strict=True):
        tokenizer.save(path)
    shown.open_paths(paths)
    qtbot.waitUntil(lambda: session.tokenizer is not None and session.tokenizer.path == paths[1], timeout=PATIENCE)
    settle(qtbot, shown)
    assert shown.tabs.currentIndex() == COMPARE
    qtbot.waitUntil(lambda: shown.compare.difference is not None, timeout=PATIENCE)
    assert {info.path for info in session.tokenizers[:2]} == set(paths)


def test_a_vocabulary_is_seen_once_its_first_lines_are_shaped(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.show_page("vocabulary")
    page, table, asked = page_of(window), page_of(window).browse.table, set[tuple[int, int]]()
    shape, paint = CellDelegate.shape, CellDelegate.paint
    painted: list[bool] = []

    def noted(delegate: CellDelegate, look: Look) -> None:
        asked.add((id(delegate), hash(look)))
        shape(delegate, look)

    def seen(delegate: CellDelegate, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        if not painted:
            before = page.browse.model.look(index.row(), index.column())
            painted.append((id(delegate), hash(before)) in asked)
        paint(delegate, painter, option, index)

    monkeypatch.setattr(CellDelegate, "shape", noted)
    monkeypatch.setattr(CellDelegate, "paint", seen)
    with qtbot.waitSignal(page.knowledge.read):
        pass
    assert page.browse.pane == READING
    assert page.browse.busy
    qtbot.waitUntil(lambda: bool(painted))
    assert painted == [True]
    assert page.browse.pane == TABLE
    first = {page.browse.model.look(0, COLUMNS.index(column)) for column in table.shown_columns() - {Column.USED}}
    assert {hash(look) for look in first} <= {look for _, look in asked}


def test_the_same_rows_stay_as_they_are(shown: VocabularyPage) -> None:
    model, resets = shown.browse.model, list[bool]()
    model.modelReset.connect(lambda: resets.append(True))
    model.show_rows(model.rows.copy())
    assert resets == []
    model.show_rows(model.rows[::-1])
    assert resets == [True]
