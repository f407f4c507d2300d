"""Which are the longest tokens so far? The top 50, for now and for every earlier number of merges."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from heapq import heappush, heappushpop, nsmallest
from typing import Final, NamedTuple

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from app.tables.model import Index, TokenModel
from app.tables.view import LEAST, TokenTable
from app.widgets.cells import CellDelegate, Look
from app.widgets.chips import Token
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.events import Merge

KEPT: Final = 50
HEADERS: Final = ("Bytes", "Token", "Merge")
BYTES, TOKEN, RANK = range(3)
NUMBERS: Final = frozenset((BYTES, RANK))
TOOLTIPS: Final = ("The token's length in bytes", "The token", "The merge that made it, counted from 1")


class Entry(NamedTuple):
    """A token in the order of the table: longest first, then by its bytes."""

    minus_length: int
    raw: bytes
    rank: int
    token_id: int


class _Shortest:
    """An entry in a heap whose first element is the one that leaves the table next."""

    __slots__ = ("entry",)

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def __lt__(self, other: "_Shortest") -> bool:
        return self.entry > other.entry


class LongestTokens:
    """The longest `kept` tokens after any number of merges.

    Only a token that was among the longest when it was made can ever be among them, and those are few. So the
    candidates, in rank order, are all that an earlier state needs.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._heap: list[_Shortest] = []
        self._candidates: list[Entry] = []
        self._ranks: list[int] = []
        self._seen: set[bytes] = set()

    def extend(self, merges: Iterable[Merge]) -> None:
        """Further merges, in rank order. Bytes that an earlier merge had made already are not listed twice."""
        for merge in merges:
            length = len(merge.left) + len(merge.right)
            full = len(self._heap) == self._kept
            if full and length < -self._heap[0].entry.minus_length:
                continue
            self._offer(Entry(-length, merge.token, merge.rank, merge.token_id), full)

    def _offer(self, entry: Entry, full: bool) -> None:
        if entry.raw in self._seen or (full and entry > self._heap[0].entry):
            return
        if full:
            heappushpop(self._heap, _Shortest(entry))
        else:
            heappush(self._heap, _Shortest(entry))
        self._seen.add(entry.raw)
        self._candidates.append(entry)
        self._ranks.append(entry.rank)

    def first(self, n_merges: int) -> list[Entry]:
        """The longest tokens of the first `n_merges` merges, in the order of the table."""
        return nsmallest(self._kept, self._candidates[: bisect_right(self._ranks, n_merges)])


class LongestModel(TokenModel):
    """The table of the longest tokens; rows come and go one by one, so that selection and place are kept."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(HEADERS, TOOLTIPS, NUMBERS, parent)
        self._tokens = LongestTokens()
        self._entries: list[Entry] = []
        self._received = 0
        self._shown = 0

    @property
    def entries(self) -> Sequence[Entry]:
        """The rows, as shown."""
        return self._entries

    def append(self, merges: Sequence[Merge]) -> None:
        """Further merges, in rank order; they are looked at if all before them were."""
        if not merges:
            return
        following = self._shown == self._received
        self._tokens.extend(merges)
        self._received = merges[-1].rank
        if following:
            self.show_first(self._received)

    def show_first(self, n_merges: int) -> None:
        """Show the longest tokens of the first `n_merges` merges."""
        self._shown = max(0, min(n_merges, self._received))
        wanted = self._tokens.first(self._shown)
        self._remove_all_but(set(wanted))
        for row, entry in enumerate(wanted):
            if row == len(self._entries) or self._entries[row] != entry:
                self.beginInsertRows(QModelIndex(), row, row)
                self._entries.insert(row, entry)
                self.endInsertRows()

    def _remove_all_but(self, wanted: set[Entry]) -> None:
        for row in range(len(self._entries) - 1, -1, -1):
            if self._entries[row] not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._entries[row]
                self.endRemoveRows()

    def clear(self) -> None:
        """Forget all tokens, for a new training."""
        self.beginResetModel()
        self._tokens, self._entries, self._received, self._shown = LongestTokens(), [], 0, 0
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._entries)

    def look(self, row: int, column: int) -> Look:
        """What a cell shows."""
        entry = self._entries[row]
        if column == TOKEN:
            return Look(plain(entry.raw), (Token(entry.raw, entry.token_id),))
        return Look(figures.count(-entry.minus_length if column == BYTES else entry.rank))

    def tooltip(self, row: int) -> str:
        entry = self._entries[row]
        return f"id {entry.token_id}\n{hex_bytes(entry.raw)}"


class LongestTable(TokenTable):
    """The longest tokens as a table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Longest tokens so far", parent)
        self.setItemDelegate(CellDelegate(self, secondary=True, number=True))
        self.setItemDelegateForColumn(TOKEN, CellDelegate(self))

    def model_set(self) -> None:
        self.fit_columns({BYTES: HEADERS[BYTES], RANK: "999,999"}, stretched={TOKEN: LEAST})
