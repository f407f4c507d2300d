"""Can everything on the Shape page be seen in a small window and with large text, and is no word cut that matters?"""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app import fonts, style
from app.main_window import MainWindow
from app.pages.shape import ShapePage
from app.pages.shape.context.kinds import KINDS
from app.pages.shape.options import ACTIVATION_NAMES
from app.pages.shape.page import CONTEXT, SHAPE
from app.theme import LIGHT
from app.widgets.answers import Answer, Answers
from app.widgets.choice import Choice
from app.widgets.fact_table import Column, FactTable, text_cell
from app.widgets.labels import label
from app.widgets.spin import NumberSpin
from app.widgets.split_head import SplitHead
from lmcore.accounting.kinds import FeedForward
from lmcore.accounting.presets import all_presets
from tests.gui.shape_page import rest

COLUMNS = (
    Column("Name", stretch=True, least=100, weight=9),
    Column("Exact", number=True, least=120, spare=2),
    Column("Bar", stretch=True, least=80, spare=1),
    Column("Share", number=True, least=70),
)


@pytest.fixture
def sized(
    qtbot: QtBot, qapp: QApplication, shape_page: ShapePage, shape_window: MainWindow, request: pytest.FixtureRequest
) -> Iterator[ShapePage]:
    """The page with its sample in a window of the size and text that the test is marked with."""
    width, height, factor = request.param
    style.apply(qapp, LIGHT, factor)
    shape_window.resize(width, height)
    shape_page.fill_sample()
    rest(qtbot, shape_page)
    qapp.processEvents()
    yield shape_page
    style.apply(qapp, LIGHT, 1.0)


def is_seen_across(part: QWidget, area: QScrollArea) -> bool:
    """Whether nothing of a part is right or left of what the area shows."""
    left = part.mapTo(area.viewport(), QPoint(0, 0)).x()
    return left >= 0 and left + part.width() <= area.viewport().width()


@pytest.mark.parametrize("sized", [(1280, 800, 1.0)], indirect=True)
def test_the_drawn_small_window_shows_all_sizes_and_their_sentence(sized: ShapePage) -> None:
    compare = sized.view.compare
    assert sized.panel.width() == 256
    assert [row[0].words for row in compare.table.rows] == ["Small", "Medium", "Large", "XL"]
    for table, rows in ((sized.view.table.table, 9), (compare.table, 5)):
        assert table.height() == 26 * rows + 1
    end = compare.sentence.mapTo(sized.view.viewport(), QPoint(0, compare.sentence.height())).y()
    assert end <= sized.view.viewport().height()
    assert not any(donut.stacked for donut in sized.view.donuts.donuts)


@pytest.mark.parametrize("sized", [(960, 600, 1.0), (1280, 800, 1.5), (1920, 1080, 2.0)], indirect=True)
def test_nothing_is_beyond_the_edge(qtbot: QtBot, qapp: QApplication, sized: ShapePage) -> None:
    assert sized.view.horizontalScrollBar().maximum() == 0
    for part in (*sized.view.donuts.donuts, sized.view.table.choice, sized.view.fit.bar.gpu, sized.view.fit.bar.tokens):
        assert is_seen_across(part, sized.view)
    tables = (sized.view.table.table, sized.view.compare.table)
    assert [sum(width for _, width in table._boxes()) <= table.width() for table in tables] == [True, True]
    sized.tabs.setCurrentIndex(CONTEXT)
    rest(qtbot, sized)
    qapp.processEvents()
    assert sized.context.horizontalScrollBar().maximum() == 0
    composition = sized.context.parts.composition
    for part in (composition.kind, composition.play, composition.chart, *sized.context.parts.strip.cells):
        assert is_seen_across(part, sized.context)
    cells = sized.context.parts.strip.cells
    assert all(cell.height() >= cell.sizeHint().height() for cell in cells)


@pytest.mark.parametrize("sized", [(1280, 800, 1.0), (960, 600, 1.0)], indirect=True)
def test_no_choice_is_cut(qtbot: QtBot, qapp: QApplication, sized: ShapePage) -> None:
    width = sized.panel.width()
    sized.panel.more.set_open(True)
    qapp.processEvents()
    assert sized.panel.width() == width == 256, "nothing moves where more is shown"
    sized.state.set_fields("feed_forward", feed_forward=FeedForward.GEGLU)
    rest(qtbot, sized)
    qapp.processEvents()
    assert sized.panel.width() == width, "nor where a kind has a longer name"
    bar, parts = sized.view.fit.bar, sized.context.parts
    choices: list[Choice] = [*sized.panel.more.choices.values(), bar.rule, bar.activations]
    for choice in choices:
        words = [choice.itemText(place) for place in range(choice.count())]
        cut = [text for text in words if choice.fontMetrics().horizontalAdvance(text) > choice.room]
        assert cut == [], choice.accessibleName()
    sized.tabs.setCurrentIndex(CONTEXT)
    qapp.processEvents()
    for choice in (parts.activations, parts.composition.kind):
        assert (
            max(choice.fontMetrics().horizontalAdvance(choice.itemText(n)) for n in range(choice.count()))
            <= choice.room
        )


@pytest.mark.parametrize("sized", [(1280, 800, 1.0), (1440, 900, 1.0)], indirect=True)
def test_no_answer_is_cut(qtbot: QtBot, sized: ShapePage) -> None:
    for name in ("GPT-2 XL, course 2025", "Llama 3 8B", "Mixtral 8×7B", "GPT-2 small, course 2025"):
        preset = next(preset for preset in all_presets() if preset.name == name)
        sized.state.take(preset.shape, preset.name)
        rest(qtbot, sized)
        assert [line for row in sized.view.fit.rows for line in row.cut] == [], name


@pytest.mark.parametrize("sized", [(1280, 800, 1.0), (1440, 900, 1.0)], indirect=True)
def test_no_caption_of_the_context_is_cut(qtbot: QtBot, qapp: QApplication, sized: ShapePage) -> None:
    sized.tabs.setCurrentIndex(CONTEXT)
    parts = sized.context.parts
    for place in range(len(KINDS)):
        parts.composition.kind.setCurrentIndex(place)
        qapp.processEvents()
        assert parts.composition.caption.text() == parts.composition.caption.whole_text
        for pane in (parts.flops, parts.kinds, parts.time):
            assert pane.caption.text() == pane.caption.whole_text
    for kind in ACTIVATION_NAMES:
        sized.state.set_activations(kind)
        rest(qtbot, sized)
        qapp.processEvents()
        assert parts.memory.caption.text() == parts.memory.caption.whole_text
    sized.tabs.setCurrentIndex(SHAPE)


@pytest.mark.parametrize(
    ("width", "shown"),
    [(400, ["Name", "Exact", "Bar", "Share"]), (300, ["Name", "Bar", "Share"]), (180, ["Name", "Share"])],
)
def test_columns_that_can_be_spared_go_first(qtbot: QtBot, width: int, shown: list[str]) -> None:
    table = FactTable(COLUMNS, "Figures")
    qtbot.addWidget(table)
    table.show_rows([[text_cell(text) for text in ("XL", "2,127,057,600", "", "100.0 %")]])
    assert table.minimumSizeHint().width() == 170
    table.resize(width, 60)
    assert table.shown_columns == shown
    boxes = table._boxes()
    assert sum(width for _, width in boxes) <= width
    assert boxes[0][1] >= 100


def test_answers_go_on_in_a_second_row(qtbot: QtBot) -> None:
    answers = Answers("Answers", 4)
    qtbot.addWidget(answers)
    answers.show_answers([Answer(str(n), ("", ""), told=f"answer {n}") for n in range(4)])
    one = answers.heightForWidth(900)
    assert answers.heightForWidth(500) == 2 * one
    answers.resize(500, 2 * one)
    assert [answers.told_at(QPoint(x, y).toPointF()) for y in (5, one + 5) for x in (5, 400)] == [
        f"answer {n}" for n in range(4)
    ]


def test_controls_go_below_their_title_and_come_back(qtbot: QtBot, qapp: QApplication) -> None:
    spin, title = NumberSpin("Baseline", 1, 9), label("Share of forward FLOPs", "section")
    head = SplitHead([title], [spin], [label("play")], 24)
    window = QWidget()
    qtbot.addWidget(window)
    head.setParent(window)
    window.resize(600, 100)
    window.show()
    for width, split in ((500, False), (head.minimumSizeHint().width(), True), (500, False)):
        head.resize(width, fonts.scaled(60))
        qapp.processEvents()
        assert head.is_split is split
        assert (spin.y() > title.geometry().bottom()) is split


def test_controls_that_are_named_for_it_stand_before_the_buttons_where_it_is_tight(
    qtbot: QtBot, qapp: QApplication
) -> None:
    axis, scale, title, save = (label(words, "section") for words in ("a" * 30, "b" * 12, "Loss", "save"))
    head = SplitHead([title], [axis], [save], 24, aside=[scale])
    window = QWidget()
    qtbot.addWidget(window)
    head.setParent(window)
    window.resize(900, 100)
    window.show()
    least = head.minimumSizeHint().width()
    both = sum(part.minimumSizeHint().width() for part in (axis, scale)) + 8 + 2 * 24
    assert least < both, "or else there is nothing to be seen here"

    def lines(width: int) -> list[bool]:
        """Whether each stands below the title, from left to right as they should be."""
        head.resize(width, fonts.scaled(60))
        qapp.processEvents()
        assert head.minimumSizeHint().width() == least
        parts = [title, *([axis, scale] if width >= both else [scale]), save]
        for one, next_one in pairwise(part for part in parts if part.y() < 20):
            assert one.geometry().right() < next_one.x()
        assert all(head.rect().contains(part.geometry()) for part in (title, axis, scale, save))
        return [part.y() > title.geometry().bottom() for part in (axis, scale, save)]

    for width, expected in (
        (800, [False, False, False]),
        (both, [True, True, False]),
        (least, [True, False, False]),
        (both, [True, True, False]),
        (800, [False, False, False]),
    ):
        assert lines(width) == expected
