"""Which tokens are there? A model over 200,000 rows and more that sorts and filters by exchanging one array.

There is no proxy: `rows` says which row of the vocabulary each line shows, and cells are made when they are read.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from app import fonts
from app.tables.model import Index, TokenModel
from app.tables.sort_header import SortHeader
from app.tables.view import TokenTable
from app.widgets.cells import ROW, CellDelegate, Look, PlainTokensDelegate
from app.widgets.chips import Token
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.vocabulary.characters import Ints
from lmcore.bpe.vocabulary.columns import NONE, Vocabulary
from lmcore.bpe.vocabulary.kinds import KIND_NAMES, Kind
from lmcore.bpe.vocabulary.ordering import Column
from lmcore.bpe.vocabulary.scripts import script_name

COLUMNS: Final = (
    *(Column.ID, Column.TOKEN, Column.BYTES, Column.CHARACTERS, Column.SCRIPT, Column.KIND, Column.RANK),
    *(Column.MADE, Column.GAIN, Column.USED, Column.PARENTS),
)
SHOWN_FIRST: Final = frozenset((Column.ID, Column.TOKEN, Column.BYTES, Column.SCRIPT, Column.USED, Column.PARENTS))
HEADERS: Final = {
    Column.ID: "Id",
    Column.TOKEN: "Token",
    Column.BYTES: "Bytes",
    Column.CHARACTERS: "Characters",
    Column.SCRIPT: "Script",
    Column.KIND: "Kind",
    Column.RANK: "Merge",
    Column.MADE: "Count at merge",
    Column.GAIN: "Gain",
    Column.USED: "In corpus",
    Column.PARENTS: "Parents",
}
TOOLTIPS: Final = {
    Column.ID: "The number that a model sees in place of the token",
    Column.TOKEN: "The token: a space as ·, bytes that are no character in hex. Sorts by its bytes",
    Column.BYTES: "The token's length in bytes",
    Column.CHARACTERS: "How many whole characters it has",
    Column.SCRIPT: "The script of its first character that has one",
    Column.KIND: "A word by its case, a number, white space, signs, a piece of a character or a special token",
    Column.RANK: "The merge that made it first, counted from 1",
    Column.MADE: "How often its two parents stood side by side in the training's corpus when they were merged",
    Column.GAIN: "The share of the training corpus's tokens that its merge saved",
    Column.USED: "How often the chosen corpus, encoded with this tokenizer, has it",
    Column.PARENTS: "The two tokens that were merged into it",
}
NUMBERS: Final = frozenset(
    (Column.ID, Column.BYTES, Column.CHARACTERS, Column.RANK, Column.MADE, Column.GAIN, Column.USED)
)
WIDEST: Final = {
    Column.ID: "200,000",
    Column.BYTES: "1,000",
    Column.CHARACTERS: "1,000",
    Column.SCRIPT: "Devanagari",
    Column.KIND: "Punctuation and mixed",
    Column.RANK: "200,000",
    Column.MADE: "100,000,000",
    Column.GAIN: "0.0012 %",
    Column.USED: "1,000,000",
}
STRETCHED: Final = {Column.TOKEN: 140, Column.PARENTS: 120}
"""Columns that take the room there is, and the pixels that they keep."""
LOOKS_KEPT: Final = 8192
NOWHERE: Final = np.zeros(0, np.int64)


class VocabularyModel(TokenModel):
    """The rows of a vocabulary, in the order and choice of the array that `show_rows` is given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        numbers = frozenset(place for place, column in enumerate(COLUMNS) if column in NUMBERS)
        super().__init__([*HEADERS.values()], [*TOOLTIPS.values()], numbers, parent)
        self.vocabulary: Vocabulary | None = None
        self.rows: Ints = NOWHERE
        self._used: Ints | None = None
        self._looks: dict[tuple[int, int], Look] = {}

    def show_vocabulary(self, vocabulary: Vocabulary | None) -> None:
        """Show another one, of which no row is chosen yet."""
        self.beginResetModel()
        self.vocabulary, self.rows, self._used = vocabulary, NOWHERE, None
        self._looks.clear()
        self.endResetModel()

    def show_rows(self, rows: Ints) -> None:
        """Show these rows of the vocabulary, in this order; the same ones stay as they are."""
        if np.array_equal(rows, self.rows):
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def show_used(self, used: Ints | None) -> None:
        """How often the corpus has each token is known now, or no longer."""
        self._used = used
        self._looks.clear()
        if len(self.rows):
            place = COLUMNS.index(Column.USED)
            self.dataChanged.emit(self.index(0, place), self.index(len(self.rows) - 1, place))

    def line_of(self, row: int) -> int:
        """The line that shows a row of the vocabulary, or -1."""
        found = np.flatnonzero(self.rows == row)
        return int(found[0]) if len(found) else NONE

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def look(self, row: int, column: int) -> Look:
        """What a cell shows, built once: repaints ask for the same few rows again and again."""
        key = int(self.rows[row]), column
        look = self._looks.get(key)
        if look is None:
            if len(self._looks) >= LOOKS_KEPT:
                self._looks.clear()
            look = self._looks[key] = self._make_look(*key)
        return look

    def _make_look(self, row: int, place: int) -> Look:
        known, column = self._known, COLUMNS[place]
        if column is Column.TOKEN:
            token = known.tokens[row]
            return Look(plain(token), (Token(token, int(known.ids[row])),))
        if column is Column.PARENTS:
            return self._parents(row)
        written: dict[Column, Callable[[], str]] = {
            Column.ID: lambda: str(known.ids[row]),
            Column.BYTES: lambda: figures.count(int(known.lengths[row])),
            Column.CHARACTERS: lambda: figures.count(int(known.characters[row])),
            Column.SCRIPT: lambda: script_name(int(known.scripts[row])),
            Column.KIND: lambda: KIND_NAMES[Kind(int(known.kinds[row]))],
            Column.RANK: lambda: figures.count(int(known.ranks[row])) if known.ranks[row] != NONE else "–",
            Column.MADE: lambda: made_at_merge(known, row),
            Column.GAIN: lambda: gain_of(known, row),
            Column.USED: lambda: figures.count(int(self._used[row])) if self._used is not None else "…",
        }
        return Look(written[column]())

    def _parents(self, row: int) -> Look:
        known = self._known
        left, right = int(known.left[row]), int(known.right[row])
        if left == NONE:
            return Look("–")
        pair = known.tokens[left], known.tokens[right]
        tokens = (Token(pair[0], int(known.ids[left])), Token(pair[1], int(known.ids[right])))
        return Look(f"{plain(pair[0])} + {plain(pair[1])}", tokens)

    @property
    def _known(self) -> Vocabulary:
        assert self.vocabulary is not None
        return self.vocabulary

    def tooltip(self, row: int) -> str:
        known, place = self._known, int(self.rows[row])
        return f"id {known.ids[place]}\n{hex_bytes(known.tokens[place][:64])}"


def made_at_merge(known: Vocabulary, row: int) -> str:
    """The pair's count when the token was made, as it is written; a dash where nobody knows."""
    making = known.making
    return figures.count(int(making.counts[row])) if making and making.counts[row] != NONE else "–"


def gain_of(known: Vocabulary, row: int) -> str:
    """The share of tokens that the merge saved, in percent."""
    making = known.making
    if not making or np.isnan(making.gains[row]):
        return "–"
    return f"{figures.significant(100 * float(making.gains[row]), 2)} %"


class VocabularyTable(TokenTable):
    """The table. Its header sorts; which columns are shown is chosen in a menu of the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Tokens", parent)
        self.header = SortHeader(self)
        self.setHorizontalHeader(self.header)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(False)
        self.setItemDelegate(CellDelegate(self))
        numbers = CellDelegate(self, number=True)
        for place, column in enumerate(COLUMNS):
            if column in NUMBERS:
                self.setItemDelegateForColumn(place, numbers)
        self.setItemDelegateForColumn(COLUMNS.index(Column.PARENTS), PlainTokensDelegate(self, secondary=True))
        self.setMouseTracking(False)

    def model_set(self) -> None:
        widest = {place: WIDEST[column] + "  " for place, column in enumerate(COLUMNS) if column in WIDEST}
        self.fit_columns(widest, {COLUMNS.index(column): least for column, least in STRETCHED.items()})
        if not self.header.property("chosen"):
            self.header.setProperty("chosen", True)
            for place, column in enumerate(COLUMNS):
                self.setColumnHidden(place, column not in SHOWN_FIRST)
            self.share_width()

    def shape_first(self, height: int) -> None:
        """Shape the lines that a table so high shows first."""
        model = self.model()
        if not isinstance(model, VocabularyModel):
            return
        lines = range(min(model.rowCount(), height // fonts.scaled(ROW) + 1))
        for place in (place for place in range(len(COLUMNS)) if not self.isColumnHidden(place)):
            delegate = self.itemDelegateForIndex(model.index(0, place))
            assert isinstance(delegate, CellDelegate)
            for line in lines:
                delegate.shape(model.look(line, place))

    def shown_columns(self) -> frozenset[Column]:
        """Those on the screen."""
        return frozenset(column for place, column in enumerate(COLUMNS) if not self.isColumnHidden(place))

    def toggle_column(self, column: Column) -> None:
        """Show a column, or hide it."""
        place = COLUMNS.index(column)
        self.setColumnHidden(place, not self.isColumnHidden(place))
        self.share_width()

    def go_to(self, line: int) -> None:
        """Select a line and bring it into view; -1 selects none."""
        if line < 0:
            self.clearSelection()
            return
        self.selectRow(line)
        self.scrollTo(self.model().index(line, 0), self.ScrollHint.EnsureVisible)

    def line_count(self) -> int:
        """How many lines there are."""
        return self.model().rowCount()

    def sizeHintForColumn(self, column: int) -> int:  # noqa: N802 - Qt's name
        return -1

    def keyboardSearch(self, search: str) -> None:  # noqa: N802 - Qt's name
        """Letters typed are for the filter: Qt's own search would read every row."""
