"""Do the tables keep every merge, the reader's place and the longest tokens, whatever comes in and is shown?"""

import re
from heapq import nlargest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.tables.longest import LongestModel, LongestTable, LongestTokens
from app.tables.merges import MergesModel, MergesTable
from app.theme import Theme
from app.widgets.chips import Token, fitted
from app.widgets.token_face import TokenFace
from lmcore.bpe.events import Merge
from tests.gui.shots import ALLOWED, Shot


def made(first: int, last: int) -> list[Merge]:
    """Merges of these ranks, with tokens of 2 to 8 bytes."""
    return [
        Merge(
            rank, 97, 256, 256 + rank, b" ", b"%c" % (97 + rank % 26) * (1 + rank * 7 % 5), 9000 // rank, 1 + rank / 9
        )
        for rank in range(first, last + 1)
    ]


def texts(model: MergesModel | LongestModel, row: int) -> list[str]:
    return [model.index(row, column).data() for column in range(model.columnCount())]


def ranks(model: MergesModel) -> list[int]:
    return [model.merge_at(row).rank for row in range(model.rowCount())]


def test_the_newest_merge_is_first(qtmodeltester: ModelTester) -> None:
    model = MergesModel()
    model.append([Merge(1, 32, 116, 256, b" ", b"t", 12_345, 1.0876)])
    model.append([Merge(2, 256, 104, 257, b" t", b"h\xc3", 9, 1.23456)])
    assert texts(model, 0) == ["2", "·t + h<C3>", "·th<C3>", "9", "1.2346"]
    assert texts(model, 1) == ["1", "· + t", "·t", "12,345", "1.0876"]
    assert model.look(0, 1).tokens == (Token(b" t", 256), Token(b"h\xc3", 104))
    assert [model.look(row, 0).newest for row in (0, 1)] == [True, False]
    qtmodeltester.check(model)


def test_the_models_are_sound_while_rows_come_and_go(qtmodeltester: ModelTester) -> None:
    merges, longest = MergesModel(), LongestModel()
    for model in (merges, longest):
        qtmodeltester.check(model)
        model.append(made(1, 20))
        model.show_first(5)
        model.append(made(21, 40))
        model.show_first(33)
        model.clear()
        model.append(made(1, 3))


def test_a_batch_is_one_insertion_and_no_reset(qtbot: QtBot) -> None:
    model = MergesModel()
    model.append(made(1, 10))
    place = QPersistentModelIndex(model.index(3, 2))
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.rowsInserted) as inserted:
        model.append(made(11, 650))
    assert inserted.args is not None
    assert inserted.args[1:] == [0, 639]
    assert (place.row(), place.data()) == (643, texts(model, 643)[2])


def test_the_first_merges_are_shown_while_more_come(qtbot: QtBot) -> None:
    model = MergesModel()
    model.append(made(1, 10))
    model.show_first(4)
    model.append(made(11, 12))
    assert ranks(model) == [4, 3, 2, 1]
    model.show_first(7)
    assert ranks(model) == [7, 6, 5, 4, 3, 2, 1]
    model.show_first(99)
    assert ranks(model) == list(range(12, 0, -1))
    model.append(made(13, 13))
    assert ranks(model)[0] == 13


def test_a_reader_who_has_scrolled_down_keeps_the_rows_in_view(qtbot: QtBot, theme: Theme) -> None:
    model, table = MergesModel(), MergesTable()
    qtbot.addWidget(table)
    table.setModel(model)
    table.resize(600, 200)
    model.append(made(1, 200))
    with qtbot.waitExposed(table):
        table.show()
    assert model.merge_at(table.rowAt(0)).rank == 200
    model.append(made(201, 300))
    assert model.merge_at(table.rowAt(0)).rank == 300
    table.verticalScrollBar().setValue(50 * table.rowHeight(0))
    assert model.merge_at(table.rowAt(0)).rank == 250
    model.append(made(301, 1000))
    assert model.merge_at(table.rowAt(0)).rank == 250


def test_selected_rows_are_copied_from_top_to_bottom(qtbot: QtBot, theme: Theme) -> None:
    model, table = MergesModel(), MergesTable()
    qtbot.addWidget(table)
    table.setModel(model)
    model.append(made(1, 9))
    for row in (5, 2):
        table.selectionModel().select(
            model.index(row, 0), table.selectionModel().SelectionFlag.Select | table.selectionModel().SelectionFlag.Rows
        )
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines == [texts(model, 2), texts(model, 5)]


def longest_of(merges: list[Merge], kept: int) -> list[tuple[int, bytes]]:
    """The longest tokens, each once, the plain way."""
    first: dict[bytes, int] = {}
    for merge in merges:
        first.setdefault(merge.token, merge.rank)
    best = sorted(first, key=lambda raw: (-len(raw), raw))[:kept]
    return [(first[raw], raw) for raw in best]


tokens = st.lists(st.tuples(st.binary(min_size=1, max_size=3), st.binary(min_size=1, max_size=3)), max_size=40)


@given(tokens, st.integers(1, 6))
def test_the_longest_of_every_prefix_equal_a_plain_sort(parts: list[tuple[bytes, bytes]], kept: int) -> None:
    merges = [Merge(rank, 0, 0, 255 + rank, left, right, 1, 1.0) for rank, (left, right) in enumerate(parts, 1)]
    longest = LongestTokens(kept)
    longest.extend(merges)
    for n in range(len(merges) + 1):
        assert [(entry.rank, entry.raw) for entry in longest.first(n)] == longest_of(merges[:n], kept)


def test_the_longest_table_changes_row_by_row(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    model = LongestModel()
    merges = [
        Merge(1, 1, 2, 256, b" the", b"re", 9, 1.0),
        Merge(2, 1, 2, 257, b"a", b"b", 9, 1.0),
        Merge(3, 1, 2, 258, b" compass", b"ion", 9, 1.0),
    ]
    model.append(merges[:2])
    last = QPersistentModelIndex(model.index(1, 1))
    with qtbot.assertNotEmitted(model.modelReset):
        model.append(merges[2:])
    assert [texts(model, row) for row in range(3)] == [
        ["11", "·compassion", "3"],
        ["6", "·there", "1"],
        ["2", "ab", "2"],
    ]
    assert last.row() == 2
    model.show_first(2)
    assert [entry.rank for entry in model.entries] == [1, 2]
    qtmodeltester.check(model)


def test_only_fifty_are_kept() -> None:
    model = LongestModel()
    merges = [Merge(r, 1, 2, 255 + r, b"a" * r, b"b", 9, 1.0) for r in range(1, 201)]
    model.append(merges)
    assert [entry.rank for entry in model.entries] == nlargest(50, range(1, 201))
    model.show_first(60)
    assert [entry.rank for entry in model.entries] == list(range(60, 10, -1))


def test_numbers_stand_at_the_right_and_roles_not_needed_are_empty() -> None:
    model = MergesModel()
    model.append(made(1, 1))
    sides = [model.index(0, column).data(Qt.ItemDataRole.TextAlignmentRole) for column in range(5)]
    assert [side is not None and bool(side & Qt.AlignmentFlag.AlignRight) for side in sides] == [1, 0, 0, 1, 1]
    assert model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.rowCount(model.index(0, 0)) == 0
    assert not model.index(1, 0, QModelIndex()).isValid()


def test_a_chip_too_long_for_its_room_ends_in_an_ellipsis() -> None:
    face = TokenFace()
    form = face.form(b"responsibilities")
    short = fitted(face, form, 60)
    assert short.width <= 60
    assert short.runs[0].text.startswith("resp")
    assert short.runs[-1].text.endswith("…")
    assert fitted(face, form, form.width) is form


@pytest.mark.parametrize(
    ("token", "room", "text"),
    [
        (b"-" * 112, 200, r"-{10,}… × 112"),
        (b" " + b"=" * 96, 200, r"·={10,}… × 96"),
        (b"//" + b"-" * 80, 200, r"//-{10,}… × 80"),
        (b" " * 128, 200, r"·{10,}… × 128"),
        ("\u00c3\u00c2".encode() * 16, 150, r"(ÃÂ)+Ã?…"),
        (b"a-sentence-before-----------", 150, r"a-sentence-bef.*[^0-9]…"),
        (b"-" * 112, 60, r"-+…"),
        (b"-" * 5, 30, r"-*…"),
    ],
)
def test_a_long_run_says_how_long_it_is_where_it_is_cut(token: bytes, room: float, text: str) -> None:
    face = TokenFace()
    form = fitted(face, face.form(token, dots=True), room, counted=True)
    assert form.width <= room
    assert re.fullmatch(text, "".join(cell.text for cell in form.cells))


def test_tables_look_as_drawn(qtbot: QtBot, theme: Theme, shot: Shot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    merges, longest, left, right = MergesModel(), LongestModel(), MergesTable(host), LongestTable(host)
    left.setModel(merges)
    right.setModel(longest)
    left.setGeometry(0, 0, 500, 200)
    right.setGeometry(520, 0, 240, 200)
    batch = [
        *made(1, 4),
        Merge(5, 300, 301, 261, b" compass", b"ionate", 26, 4.0213),
        Merge(6, 302, 303, 262, b" caf\xc3", b"\xa9", 26, 4.0214),
        Merge(7, 226, 128, 263, b"\xe2", b"\x80", 26, 4.0214),
    ]
    merges.append(batch)
    longest.append(batch)
    left.selectRow(2)
    host.resize(760, 210)
    assert shot(host, f"tables-{theme.name}") < ALLOWED
