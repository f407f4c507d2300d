"""Which merges were made, newest first? A model that takes batches of thousands without losing the reader's place."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from app.tables.model import Index, TokenModel
from app.tables.view import LEAST, TokenTable
from app.widgets.cells import CellDelegate, Look
from app.widgets.chips import Token
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.events import Merge

HEADERS: Final = ("Rank", "Left + right", "Token", "Count", "Bytes/token")
RANK, PAIR, TOKEN, COUNT, GAIN = range(5)
NUMBERS: Final = frozenset((RANK, COUNT, GAIN))
LOOKS_KEPT: Final = 4096
TOOLTIPS: Final = (
    "Which merge this was, counted from 1",
    "The two tokens that the merge joined",
    "The token that it made",
    "How often the pair stood in the corpus when it was chosen",
    "Bytes of the corpus divided by its tokens after this merge",
)


class MergesModel(TokenModel):
    """The first `shown` of the merges received; row 0 is the newest of them.

    Rows are made when they are read: a batch costs as much as it is long, and no strings are built for rows unseen.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(HEADERS, TOOLTIPS, NUMBERS, parent)
        self._merges: list[Merge] = []
        self._shown = 0
        self._looks: dict[tuple[int, int, bool], Look] = {}

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
        self._merges, self._shown, self._looks = [], 0, {}
        self.endResetModel()

    def merge_at(self, row: int) -> Merge:
        """The merge of a row."""
        return self._merges[self._shown - 1 - row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._shown

    def look(self, row: int, column: int) -> Look:
        """What a cell shows, built once: repaints ask for the same few rows again and again."""
        merge, newest = self.merge_at(row), row == 0
        key = (merge.rank, column, newest)
        look = self._looks.get(key)
        if look is None:
            if len(self._looks) >= LOOKS_KEPT:
                self._looks.clear()
            look = self._looks[key] = Look(_cell_text(merge, column), _tokens(merge, column), newest)
        return look

    def tooltip(self, row: int) -> str:
        merge = self.merge_at(row)
        return f"id {merge.token_id} = {merge.left_id} + {merge.right_id}\n{hex_bytes(merge.token)}"


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


class MergesTable(TokenTable):
    """The merges as a table: chips in cells, numbers at the right, the newest row in the accent's soft colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Merges, newest first", parent)
        quiet = CellDelegate(self, secondary=True, number=True)
        self.setItemDelegate(CellDelegate(self))
        for column, delegate in ((RANK, quiet), (COUNT, CellDelegate(self, number=True)), (GAIN, quiet)):
            self.setItemDelegateForColumn(column, delegate)

    def model_set(self) -> None:
        self.fit_columns(
            {RANK: "999,999", COUNT: "999,999,999", GAIN: HEADERS[GAIN]}, stretched={PAIR: LEAST, TOKEN: LEAST}
        )
