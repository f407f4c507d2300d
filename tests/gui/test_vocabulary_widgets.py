"""Do the widgets of a token's page look as drawn, tell what they show, and work by keys?"""

import numpy as np
import pytest
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QVBoxLayout, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app import fonts
from app.tables.longest_rows import LongestRowsModel
from app.tables.vocabulary import COLUMNS, VocabularyModel, VocabularyTable
from app.theme import Theme
from app.widgets.bar_chart import Bar, BarChart, NamedBars
from app.widgets.byte_strip import ByteStrip
from app.widgets.cells import CellDelegate, Index, Look, PlainTokensDelegate
from app.widgets.chip_flow import ChipFlow
from app.widgets.chips import Token
from app.widgets.context_lines import ContextLines, head, tail
from app.widgets.count_list import CountList, Named
from app.widgets.figure_grid import FigureGrid
from app.widgets.glyphs import GlyphCache, Shaped
from app.widgets.line_chart import LineChart, LineWords
from app.widgets.merge_tree import MergeTree
from app.widgets.share_bar import ShareBar
from app.widgets.token_chip import TokenChip
from app.widgets.token_face import TokenFace
from lmcore.bpe.vocabulary.ordering import Column
from lmcore.bpe.vocabulary.trees import merge_tree
from lmcore.bpe.vocabulary.usage import Context
from tests.core.sample_vocabularies import sample
from tests.gui.shots import ALLOWED, Shot

WORDS = LineWords("Curve", "nothing yet", "first {count}", "shared")
CONTEXTS = (
    Context(b"the words that stand before", b" whale", b" and those behind it", 0),
    Context(b"", b" whale", b"s\nand more", 40),
)


class LooksModel(QAbstractTableModel):
    """One cell."""

    def __init__(self, shown: Look) -> None:
        super().__init__()
        self.shown = shown

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 1

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return None

    def look(self, row: int, column: int) -> Look:
        return self.shown


def token_of(row: int) -> Token:
    return Token(sample().tokens[row], int(sample().ids[row]))


@pytest.mark.parametrize(("width", "across"), [(232, 1), (316, 2)])
def test_no_figure_is_cut_however_narrow_its_pane_is(qtbot: QtBot, dressed: object, width: int, across: int) -> None:
    values = {"Id": "199999", "In corpus": "131,245 times", "Length": "128 bytes", "Kind": "Punctuation and mixed"}
    grid = FigureGrid([*values], long=["Kind"])
    qtbot.addWidget(grid)
    grid.resize(width, 200)
    with qtbot.waitExposed(grid):
        grid.show()
    for name, value in values.items():
        grid.figures[name].set_text(value)
    qtbot.waitUntil(lambda: [figure.text() for figure in grid.figures.values()] == [*values.values()])
    assert grid.across == across
    boxes = [figure.geometry() for figure in grid.figures.values()]
    assert not any(one.intersects(other) for one in boxes for other in boxes if one is not other)
    assert boxes[-1].right() == max(box.right() for box in boxes)


def tree(qtbot: QtBot, token: bytes) -> MergeTree:
    made = MergeTree()
    qtbot.addWidget(made)
    made.show_tree(merge_tree(sample(), sample().rows_by_token[token]), token_of)
    made.resize(240, made.sizeHint().height())
    return made


def test_models_are_sound_and_show_what_is_known(qtmodeltester: ModelTester) -> None:
    model, longest = VocabularyModel(), LongestRowsModel()
    qtmodeltester.check(model)
    model.show_vocabulary(sample())
    model.show_rows(np.arange(30)[::-1])
    longest.show_rows(sample(), np.arange(10))
    assert model.line_of(29) == 0
    assert model.line_of(200) == -1
    used = COLUMNS.index(Column.USED)
    assert model.index(0, used).data() == "…"
    model.show_used(np.arange(len(sample())))
    assert model.index(0, used).data() == "29"
    qtmodeltester.check(model)
    qtmodeltester.check(longest)


def test_bytes_are_told_one_by_one(qtbot: QtBot) -> None:
    strip = ByteStrip()
    qtbot.addWidget(strip)
    strip.show_bytes("é".encode() + b"x" * 30)
    strip.resize(200, strip.heightForWidth(200))
    assert strip.tooltip_at(QPoint(4, 4)) == "byte 1: 0xC3 = 195 = 11000011 in bits"
    assert strip.tooltip_at(QPoint(199, 199)) == ""
    assert strip.heightForWidth(200) > 2 * strip.heightForWidth(1000)


def test_a_tree_is_walked_and_wound_up_by_keys(qtbot: QtBot) -> None:
    made = tree(qtbot, b"Cat")
    chosen: list[int] = []
    made.chosen.connect(chosen.append)
    made.show()
    made.setFocus()
    qtbot.waitUntil(made.hasFocus)
    root = made.shown[0]
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Space):
        qtbot.keyClick(made, key)
    assert chosen == [root.row]
    assert len(made.shown) == 1
    with qtbot.waitSignal(made.opened) as opened:
        qtbot.keyClick(made, Qt.Key.Key_Return)
    assert opened.args == [root.row]


def test_pieces_are_as_wide_as_their_share_of_the_bytes(qtbot: QtBot) -> None:
    made = tree(qtbot, b"Cat")
    boxes = [made.box(part) for part in made.shown[0].parts]
    sizes = [part.end - part.start for part in made.shown[0].parts]
    assert [round(box.width() + 1) for box in boxes] == [80 * size for size in sizes]
    assert boxes[0].top() > made.box(made.shown[0]).bottom()


def test_chips_fill_their_lines_and_no_more(qtbot: QtBot) -> None:
    flow = ChipFlow("Built with it", lines=2)
    qtbot.addWidget(flow)
    flow.show_tokens([Token(b"token" * (1 + n % 3), n) for n in range(40)])
    found = flow.placed(200)
    assert len({box.top() for _, box in found}) == 2
    assert all(box.right() <= 200 for _, box in found)
    assert [token.token_id for token, _ in found] == list(range(len(found)))
    flow.resize(200, 60)
    with qtbot.waitSignal(flow.chosen) as chosen:
        qtbot.keyClick(flow, Qt.Key.Key_Right)
        qtbot.keyClick(flow, Qt.Key.Key_Return)
    assert chosen.args == [1]


@pytest.mark.parametrize("delegate", [CellDelegate, PlainTokensDelegate])
@pytest.mark.parametrize("tokens", [(), (token_of(300),), (token_of(300), token_of(120))])
def test_what_was_shaped_is_painted_without_more(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, delegate: type[CellDelegate], tokens: tuple[Token, ...]
) -> None:
    model = LooksModel(Look("1,234", tokens))
    pane = QWidget()
    qtbot.addWidget(pane)
    made, option, picture = delegate(pane), QStyleOptionViewItem(), QImage(300, 40, QImage.Format.Format_ARGB32)
    made.kit.plus.shape("+")
    made.shape(model.shown)
    option.rect = picture.rect()
    late, shape = list[str](), GlyphCache._shape

    def noted(cache: GlyphCache, text: str) -> Shaped:
        late.append(text)
        return shape(cache, text)

    monkeypatch.setattr(GlyphCache, "_shape", noted)
    with QPainter(picture) as painter:
        made.paint(painter, option, model.index(0, 0))
    assert late == []


@pytest.mark.parametrize("room", [0, 20, 55, 1000])
def test_contexts_are_cut_at_characters(room: int) -> None:
    face = TokenFace(fonts.MONO_AXIS)
    raw = "vor dem Wört".encode()
    before, behind = tail(face, raw, room), head(face, raw, room)
    assert before.width <= room or not before.cells
    assert behind.width <= room
    text = raw.decode()
    assert text.endswith("".join(cell.text for cell in before.cells))
    assert text.startswith("".join(cell.text for cell in behind.cells))


def test_parts_of_a_bar_have_their_shares(qtbot: QtBot) -> None:
    bar = ShareBar("Tokens")
    qtbot.addWidget(bar)
    bar.resize(307, 20)
    bar.show_parts([("left", 100, 1), ("none", 0, 7), ("right", 200, 0)])
    boxes = bar.boxes()
    assert boxes[1].width() == 0
    assert boxes[2].right() == 307
    assert boxes[2].width() / boxes[0].width() == pytest.approx(2, abs=0.05)
    assert "right 200" in bar.accessibleName()


def test_a_list_keeps_its_choice_while_counts_change(qtbot: QtBot) -> None:
    made = CountList("Views")
    qtbot.addWidget(made)
    chosen: list[int] = []
    made.chosen.connect(chosen.append)
    made.show_lines([Named("one", "…"), Named("two", "…")])
    made.choose(1)
    made.show_lines([Named("one", "1"), Named("two", "2")])
    assert (made.current, chosen) == (1, [])
    qtbot.keyClick(made, Qt.Key.Key_Up)
    assert chosen[-1] == 0


def test_a_chart_tells_of_the_point_below_the_pointer(qtbot: QtBot) -> None:
    chart = LineChart(WORDS, lambda value: f"{value:.2f}")
    qtbot.addWidget(chart)
    chart.resize(400, 200)
    assert not chart.grab().isNull()
    chart.show_values(np.linspace(1, 0, 1000), 256, (0.0, 0.5, 1.0))
    scale = chart.scale
    assert scale.last == 1255
    qtbot.mouseMove(chart, scale.point(700, 0.5).toPoint())
    assert chart.accessibleDescription() == "0.00 at 1,255"
    bars = BarChart("Lengths")
    qtbot.addWidget(bars)
    bars.resize(300, 200)
    bars.show_bars([Bar("1", 10, "one"), Bar("2", 30, "two")])
    assert bars.tooltip_at(QPointF(280, 100).toPoint()) == "two"


def test_the_parts_of_a_page_look_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    chip, strip, flow, lines = TokenChip(), ByteStrip(), ChipFlow("Built with it"), ContextLines()
    pieces = tree(qtbot, b"Cat")
    row = sample().rows_by_token[b"Cat"]
    chip.show_token(token_of(row))
    strip.show_bytes(b" caf\xc3\xa9 \xe2\x80")
    flow.show_tokens([Token(b" whale", 7), Token(b"\xe2\x80", 9), Token(b"\n\n", 11)])
    lines.show_contexts(CONTEXTS, 7)
    for part in (chip, strip, pieces, flow, lines):
        column.addWidget(part)
    host.resize(320, 330)
    assert shot(host, f"token-page-{theme.name}") < ALLOWED


def test_charts_look_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    column = QVBoxLayout(host)
    line, bars, named, shares = (
        LineChart(WORDS, lambda v: f"{v:.1f}"),
        BarChart("Bars"),
        NamedBars("Named"),
        ShareBar("S"),
    )
    line.show_values(1 / np.sqrt(np.arange(1, 2000)), 1, (0.0, 0.5, 1.0))
    bars.show_bars([Bar(str(n), n * n) for n in range(1, 13)])
    named.show_bars([Bar("Latin", 700), Bar("Han", 30), Bar("Common", 4)], 734)
    shares.show_parts([("left", 100, 1), ("both", 300, 7), ("right", 900, 0)])
    for part in (shares, line, bars, named):
        column.addWidget(part)
    host.resize(420, 520)
    assert shot(host, f"vocabulary-charts-{theme.name}") < ALLOWED


def test_the_table_looks_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    table, model = VocabularyTable(), VocabularyModel()
    qtbot.addWidget(table)
    table.setModel(model)
    model.show_vocabulary(sample())
    model.show_rows(np.array([10, 32, 65, 200, 256, 300, 350, len(sample()) - 1]))
    model.show_used(np.arange(len(sample())) * 37)
    table.header.show_order(COLUMNS.index(Column.BYTES), True)
    table.resize(640, 240)
    table.go_to(4)
    assert shot(table, f"vocabulary-table-{theme.name}") < ALLOWED
