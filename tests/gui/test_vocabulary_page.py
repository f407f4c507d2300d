"""Does the Vocabulary page show what is asked for, keep what is selected, and follow the session?"""

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.main_window import MainWindow
from app.pages.bpe_training.page import BpeTrainingPage
from app.pages.vocabulary.browse import TABLE
from app.pages.vocabulary.page import BROWSE, CHARTS, COMPARE, VocabularyPage
from app.session import Session, TokenizerInfo
from app.tables.vocabulary import COLUMNS
from lmcore.bpe.vocabulary.filters import Mode
from lmcore.bpe.vocabulary.ordering import Column
from lmcore.bpe.vocabulary.views import WORDING, View
from tests.core.sample_vocabularies import TEXT, sample_tokenizer, trained
from tests.gui.bpe_page import PATIENCE, take_corpus, train, write_story


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path) -> VocabularyPage:
    """The page over a small tokenizer, counted in a small corpus."""
    corpus = tmp_path / "texts.txt"
    corpus.write_text(TEXT, encoding="utf-8")
    session.set_tokenizer(TokenizerInfo("small", sample_tokenizer().vocab_size, sample_tokenizer()))
    window.show_page("vocabulary")
    page = page_of(window)
    page.take_corpus([corpus])
    settle(qtbot, page)
    return page


def page_of(window: MainWindow) -> VocabularyPage:
    made = window.stack.page("vocabulary")
    assert isinstance(made, VocabularyPage)
    return made


def settle(qtbot: QtBot, page: VocabularyPage) -> None:
    qtbot.waitUntil(page.settled, timeout=PATIENCE)


def tokens(page: VocabularyPage) -> list[bytes]:
    """What the table lists, from the top."""
    assert page.knowledge.shown is not None
    known = page.knowledge.shown.vocabulary
    return [known.tokens[row] for row in page.browse.rows.tolist()]


def row_of(page: VocabularyPage, token: bytes) -> int:
    assert page.knowledge.shown is not None
    return page.knowledge.shown.vocabulary.rows_by_token[token]


def test_without_a_tokenizer_the_bundled_one_is_opened(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    window.show_page("vocabulary")
    page = page_of(window)
    settle(qtbot, page)
    assert session.tokenizer is not None
    assert len(page.browse.rows) == session.tokenizer.vocab_size
    assert page.browse.counted.whole_text == "10,000 of 10,000"
    assert page.knowledge.usage is not None
    assert page.knowledge.usage.counts.sum() > 100_000
    made = page.browse.model.index(page.browse.model.line_of(row_of(page, b" t")), COLUMNS.index(Column.MADE)).data()
    assert made == "48,464"


def test_views_list_their_tokens_and_say_why(opened: VocabularyPage) -> None:
    opened.browse.choose_view(View.WORDS)
    lengths = [len(token) for token in tokens(opened)]
    assert lengths == sorted(lengths, reverse=True)
    assert opened.browse.panel.why == WORDING[View.WORDS].why
    for place, view in enumerate(View):
        opened.browse.choose_view(view)
        assert opened.browse.panel.views.lines[place].size == f"{len(tokens(opened)):,}"
    assert tokens(opened) == sorted(tokens(opened), key=len, reverse=True)


def test_a_script_narrows_a_view_until_it_is_clicked_again(qtbot: QtBot, opened: VocabularyPage) -> None:
    scripts = opened.browse.panel.scripts
    place = [line.name for line in scripts.lines].index("Cyrillic")
    at = scripts.visualRect(scripts.model().index(place, 0)).center()
    qtbot.mouseClick(scripts.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert "привет".encode() in tokens(opened)
    assert f"{len(tokens(opened)):,}" == scripts.lines[place].size
    qtbot.mouseClick(scripts.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert len(tokens(opened)) == sample_tokenizer().vocab_size


def test_typing_filters_by_text_hex_and_expression(qtbot: QtBot, opened: VocabularyPage) -> None:
    browse = opened.browse
    qtbot.keyClicks(browse.filter, "CAT")
    assert set(tokens(opened)) == {b"cat", b"Cat"}
    browse.filter.clear()
    choose_mode(qtbot, opened, Mode.HEX)
    qtbot.keyClicks(browse.filter, "e6 97")
    assert tokens(opened)
    assert all(b"\xe6\x97" in token for token in tokens(opened))
    browse.filter.clear()
    choose_mode(qtbot, opened, Mode.REGEX)
    browse.filter.setText("^[Cc]at$")
    settle(qtbot, opened)
    assert set(tokens(opened)) == {b"cat", b"Cat"}
    assert browse.counted.whole_text == f"2 of {sample_tokenizer().vocab_size}"


def choose_mode(qtbot: QtBot, page: VocabularyPage, mode: Mode) -> None:
    """Choose with the arrow keys."""
    page.browse.modes.setFocus()
    while page.browse.mode is not mode:
        qtbot.keyClick(page.browse.modes, Qt.Key.Key_Right)


def test_what_cannot_be_looked_for_is_said_and_the_rows_stay(qtbot: QtBot, opened: VocabularyPage) -> None:
    browse = opened.browse
    qtbot.keyClicks(browse.filter, "cat")
    choose_mode(qtbot, opened, Mode.HEX)
    assert "“t”" in browse.problem.text()
    assert not browse.problem.isHidden()
    assert set(tokens(opened)) == {b"cat", b"Cat"}
    browse.filter.setText("63 61")
    assert browse.problem.isHidden()
    choose_mode(qtbot, opened, Mode.REGEX)
    browse.filter.setText("(c")
    settle(qtbot, opened)
    assert "position 2" in browse.problem.text()


def test_what_is_selected_stays_so_through_sorting_and_filtering(opened: VocabularyPage) -> None:
    browse = opened.browse
    row = row_of(opened, b"cat")
    browse.go_to_id(int(row))
    assert browse.token.row == row
    browse.sort_by(Column.BYTES)
    browse.filter.setText("ca")
    lines = [index.row() for index in browse.table.selectionModel().selectedRows()]
    assert [int(browse.rows[line]) for line in lines] == [row]
    browse.filter.setText("sat")
    assert browse.table.selectionModel().selectedRows() == []
    browse.filter.clear()
    lines = [index.row() for index in browse.table.selectionModel().selectedRows()]
    assert [int(browse.rows[line]) for line in lines] == [row]


def test_headings_sort_and_turn_the_order_round(qtbot: QtBot, opened: VocabularyPage) -> None:
    browse = opened.browse
    header = browse.table.header
    place = COLUMNS.index(Column.USED)
    at = header.sectionViewportPosition(place) + header.sectionSize(place) // 2
    for falling in (True, False):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, 8))
        assert opened.knowledge.usage is not None
        used = opened.knowledge.usage.counts[browse.rows]
        assert np.all(np.diff(used) <= 0 if falling else np.diff(used) >= 0)
        assert header.sorted_by == (place, falling)


def test_a_page_shows_where_a_token_comes_from_and_where_it_stands(qtbot: QtBot, opened: VocabularyPage) -> None:
    panel = opened.browse.token
    row = row_of(opened, b"Cat")
    opened.browse.go_to_id(row)
    assert opened.knowledge.usage is not None
    count = int(opened.knowledge.usage.counts[row])
    assert panel.figures["In corpus"].whole_text == f"{count} times"
    root = panel.tree.shown[0]
    assert (root.start, root.end) == (0, 3)
    pieces = len(panel.tree.shown)
    qtbot.mouseClick(panel.tree, Qt.MouseButton.LeftButton, pos=panel.tree.box(root).center().toPoint())
    assert len(panel.tree.shown) == 1
    qtbot.keyClick(panel.tree, Qt.Key.Key_Space)
    assert len(panel.tree.shown) == pieces
    left = root.parts[0]
    panel.tree.opened.emit(left.row)
    assert opened.browse.selected == left.row
    assert "Cat" in panel.built.accessibleName()


def test_a_chip_of_what_is_built_opens_its_page(qtbot: QtBot, opened: VocabularyPage) -> None:
    panel = opened.browse.token
    opened.browse.go_to_id(row_of(opened, b"c"))
    token, box = panel.built.placed(panel.built.width())[0]
    qtbot.mouseClick(panel.built, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert opened.browse.selected == token.token_id


def test_another_tokenizer_takes_the_page_over(qtbot: QtBot, opened: VocabularyPage, session: Session) -> None:
    opened.browse.go_to_id(row_of(opened, b"Cat"))
    other = trained("abcab abca bcab", 8)
    session.set_tokenizer(TokenizerInfo("other", other.vocab_size, other))
    settle(qtbot, opened)
    assert len(tokens(opened)) == other.vocab_size
    assert opened.browse.selected == int(opened.browse.rows[0])
    assert opened.knowledge.shown is not None
    assert opened.knowledge.shown.info.name == "other"


def test_another_tokenizer_is_seen_whole_where_what_is_typed_cannot_be_looked_for(
    qtbot: QtBot, opened: VocabularyPage, session: Session
) -> None:
    browse = opened.browse
    choose_mode(qtbot, opened, Mode.REGEX)
    browse.filter.setText("(c")
    other = trained("abcab abca bcab", 8)
    counts: list[int] = []
    opened.knowledge.read.connect(lambda: counts.append(len(tokens(opened))))
    session.set_tokenizer(TokenizerInfo("other", other.vocab_size, other))
    settle(qtbot, opened)
    assert "position 2" in browse.problem.text()
    assert (counts[-1], browse.pane) == (other.vocab_size, TABLE), "at once, not when all is known of it"


def test_a_training_in_the_window_brings_its_counts(
    qtbot: QtBot, window: MainWindow, page: BpeTrainingPage, tmp_path: Path
) -> None:
    take_corpus(qtbot, page, write_story(tmp_path / "story.txt"))
    train(qtbot, page)
    window.show_page("vocabulary")
    shown = page_of(window)
    settle(qtbot, shown)
    assert page.training is not None
    merge = page.training.merges[0]
    line = shown.browse.model.line_of(row_of(shown, merge.token))
    assert shown.browse.model.index(line, COLUMNS.index(Column.MADE)).data() == f"{merge.count:,}"


def test_two_are_compared_and_exchanged(qtbot: QtBot, opened: VocabularyPage, session: Session) -> None:
    other = trained(TEXT[:100], 30)
    small = session.tokenizer
    session.set_tokenizer(TokenizerInfo("other", other.vocab_size, other))
    session.set_tokenizer(small)
    opened.tabs.setCurrentIndex(COMPARE)
    settle(qtbot, opened)
    compare = opened.compare
    assert compare.difference is not None
    one, two = set(sample_tokenizer().vocab.values()), set(other.vocab.values())
    counts = [int(column.count.text().replace(",", "")) for column in compare.columns]
    assert counts == [len(one - two), len(one & two), len(two - one)]
    assert sum(line.total for line in compare.table.lines) == sum(counts)
    compare._swap.click()
    settle(qtbot, opened)
    assert [int(column.count.text().replace(",", "")) for column in compare.columns] == counts[::-1]


def test_charts_measure_smaller_vocabularies(qtbot: QtBot, opened: VocabularyPage) -> None:
    opened.tabs.setCurrentIndex(CHARTS)
    settle(qtbot, opened)
    assert opened.knowledge.prefixes is not None
    bytes_per_token = len(TEXT.encode()) / len(sample_tokenizer().encode(TEXT))
    assert opened.knowledge.prefixes.bytes_per_token[-1] == pytest.approx(bytes_per_token, rel=1e-9)
    assert "bytes a token" in opened.charts._sentence.text


def test_rows_are_exported_as_they_are_shown(qtbot: QtBot, opened: VocabularyPage, tmp_path: Path) -> None:
    opened.browse.choose_view(View.WORDS)
    path = tmp_path / "words.csv"
    opened.export(path)
    qtbot.waitUntil(lambda: len(opened.messages.shown) == 1, timeout=PATIENCE)
    with path.open(newline="", encoding="utf-8") as file:
        written = [bytes.fromhex(line["hex"]) for line in csv.DictReader(file)]
    assert written == tokens(opened)


def test_selected_rows_are_copied_as_a_table(opened: VocabularyPage) -> None:
    opened.browse.filter.setText("cat")
    opened.browse.table.selectAll()
    opened.copy_rows()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 2 + len(tokens(opened))
    assert "cat" in lines[2]


def test_columns_come_and_go(opened: VocabularyPage) -> None:
    action = next(action for action in opened.more_menu().actions() if action.text() == "Kind")
    assert not action.isChecked()
    action.trigger()
    assert Column.KIND in opened.browse.table.shown_columns()


def test_a_file_that_is_no_tokenizer_is_named(qtbot: QtBot, opened: VocabularyPage, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    opened.open_paths([path])
    qtbot.waitUntil(lambda: len(opened.messages.shown) == 1, timeout=PATIENCE)
    assert "tokenizer.json" in opened.messages.shown[0]
    assert opened.knowledge.shown is not None


def test_keys_lead_to_the_filter(opened: VocabularyPage) -> None:
    opened.tabs.setCurrentIndex(CHARTS)
    command = next(command for command in opened.commands() if command.shortcut == "Ctrl+F")
    command.run()
    assert opened.tabs.currentIndex() == BROWSE
    QTest.keyClicks(opened.browse.filter, "sat")
    assert all(b"sat" in token.lower() for token in tokens(opened))
