"""Which are the longest of some tokens? A short table of length, token and id."""

from typing import Final

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from app.tables.model import Index, TokenModel
from app.tables.view import LEAST, TokenTable
from app.widgets.cells import CellDelegate, Look
from app.widgets.chips import Token
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain
from lmcore.bpe.vocabulary.characters import Ints
from lmcore.bpe.vocabulary.columns import Vocabulary

BYTES, TOKEN, ID = range(3)
HEADERS: Final = ("Bytes", "Longest", "Id")
TOOLTIPS: Final = ("The token's length in bytes", "The token", "Its id")


class LongestRowsModel(TokenModel):
    """Rows of a vocabulary, as they are given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(HEADERS, TOOLTIPS, frozenset((BYTES, ID)), parent)
        self._vocabulary: Vocabulary | None = None
        self._rows: list[int] = []

    def show_rows(self, vocabulary: Vocabulary, rows: Ints) -> None:
        """Show these rows of a vocabulary."""
        self.beginResetModel()
        self._vocabulary, self._rows = vocabulary, rows.tolist()
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def look(self, row: int, column: int) -> Look:
        """What a cell shows."""
        token = self._token(row)
        if column == TOKEN:
            return Look(plain(token.raw), (token,))
        return Look(figures.count(len(token.raw)) if column == BYTES else str(token.token_id))

    def tooltip(self, row: int) -> str:
        token = self._token(row)
        return f"id {token.token_id}\n{hex_bytes(token.raw[:64])}"

    def _token(self, row: int) -> Token:
        assert self._vocabulary is not None
        place = self._rows[row]
        return Token(self._vocabulary.tokens[place], int(self._vocabulary.ids[place]))


class LongestRowsTable(TokenTable):
    """The table."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Longest", parent)
        self.setItemDelegate(CellDelegate(self, secondary=True, number=True))
        self.setItemDelegateForColumn(TOKEN, CellDelegate(self))

    def model_set(self) -> None:
        self.fit_columns({BYTES: HEADERS[BYTES], ID: "200,000"}, stretched={TOKEN: LEAST})
