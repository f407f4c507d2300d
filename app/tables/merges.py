"""Which merges were made, newest first? A model that takes batches of thousands without losing the reader's place."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from app.tables.view import NUMBER, TokenTable
from app.widgets.chips import NEWEST_ROLE, TOKENS_ROLE, RowDelegate, Token, TokenDelegate
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.events import Merge

Index = QModelIndex | QPersistentModelIndex

HEADERS: Final = ("Rank", "Left + right", "Token", "Count", "Bytes/token")
RANK, PAIR, TOKEN, COUNT, GAIN = range(5)
TOOLTIPS: Final = (
    "Which merge this was, counted from 1",
    "The two tokens that the merge joined",
    "The token that it made",
    "How often the pair stood in the corpus when it was chosen",
    "Bytes of the corpus divided by its tokens after this merge",
)


class MergesModel(QAbstractTableModel):
    """The first `shown` of the merges received; row 0 is the newest of them.

    Rows are made when they are read: a batch costs as much as it is long, and no strings are built for rows unseen.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._merges: list[Merge] = []
        self._shown = 0
        self._texts: dict[tuple[int, int], str] = {}

    @property
    def merges(self) -> Sequence[Merge]:
        """All merges received, in rank order, shown or not."""
        return self._merges

    @property
    def shown(self) -> int:
        """How many merges are shown: the first so many."""
        return self._shown

    def append(self, merges: Sequence[Merge]) -> None:
        """Further merges, in rank order; they are shown at the top if all before them are shown."""
        following = self._shown == len(self._merges)
        self._merges.extend(merges)
        if following:
            self.show_first(len(self._merges))

    def show_first(self, n_merges: int) -> None:
        """Show the first `n_merges` merges; 0 to those received."""
        n_merges = max(0, min(n_merges, len(self._merges)))
        added = n_merges - self._shown
        if added > 0:
            self.beginInsertRows(QModelIndex(), 0, added - 1)
            self._shown = n_merges
            self.endInsertRows()
        elif added < 0:
            self.beginRemoveRows(QModelIndex(), 0, -added - 1)
            self._shown = n_merges
            self.endRemoveRows()

    def clear(self) -> None:
        """Forget all merges, for a new training."""
        self.beginResetModel()
        self._merges, self._shown, self._texts = [], 0, {}
        self.endResetModel()

    def merge_at(self, row: int) -> Merge:
        """The merge of a row."""
        return self._merges[self._shown - 1 - row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(HEADERS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole or role == Qt.ItemDataRole.AccessibleTextRole:
            return self._text(index.row(), index.column())
        if role == TOKENS_ROLE:
            return _tokens(self.merge_at(index.row()), index.column())
        if role == NEWEST_ROLE:
            return index.row() == 0
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return NUMBER if index.column() in (RANK, COUNT, GAIN) else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(self.merge_at(index.row()))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(HEADERS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return TOOLTIPS[section]
        return self.data(self.index(0, section), role) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _text(self, row: int, column: int) -> str:
        """The text of a cell, built once: repaints ask for the same few rows again and again."""
        merge = self.merge_at(row)
        key = (merge.rank, column)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = _cell_text(merge, column)
        return text


def _cell_text(merge: Merge, column: int) -> str:
    if column == RANK:
        return figures.count(merge.rank)
    if column == PAIR:
        return f"{plain(merge.left)} + {plain(merge.right)}"
    if column == TOKEN:
        return plain(merge.token)
    return figures.count(merge.count) if column == COUNT else figures.decimal(merge.bytes_per_token, 4)


def _tokens(merge: Merge, column: int) -> tuple[Token, ...]:
    if column == PAIR:
        return Token(merge.left, merge.left_id), Token(merge.right, merge.right_id)
    return (Token(merge.token, merge.token_id),) if column == TOKEN else ()


def _tooltip(merge: Merge) -> str:
    return f"id {merge.token_id} = {merge.left_id} + {merge.right_id}\n{hex_bytes(merge.token)}"


class MergesTable(TokenTable):
    """The merges as a table: chips in cells, numbers at the right, the newest row in the accent's soft colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Merges, newest first", parent)
        self.setItemDelegate(RowDelegate(self))
        quiet, chips = RowDelegate(self, secondary=True), TokenDelegate(self)
        for column, delegate in ((RANK, quiet), (PAIR, chips), (TOKEN, chips), (GAIN, quiet)):
            self.setItemDelegateForColumn(column, delegate)

    def model_set(self) -> None:
        self.fit_columns({RANK: "999,999", COUNT: "999,999,999", GAIN: HEADERS[GAIN]}, stretched=(PAIR, TOKEN))
