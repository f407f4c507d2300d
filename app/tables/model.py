"""What do the tables' models have in common? Rows made when they are read, a look a cell, headings that explain."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from app.widgets.cells import Look

Index = QModelIndex | QPersistentModelIndex

NUMBER: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TokenModel(QAbstractTableModel):
    """A read-only table. What a cell shows is said once, by `look`; roles and painters take it from there."""

    def __init__(
        self,
        headers: Sequence[str],
        tooltips: Sequence[str],
        numbers: frozenset[int] = frozenset(),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._headers, self._tooltips, self._numbers = tuple(headers), tuple(tooltips), numbers

    @abstractmethod
    def look(self, row: int, column: int) -> Look:
        """What a cell shows."""

    @abstractmethod
    def tooltip(self, row: int) -> str:
        """What is told of a row where the pointer rests on it."""

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._headers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole or role == Qt.ItemDataRole.AccessibleTextRole:
            return self.look(index.row(), index.column()).text
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return NUMBER if index.column() in self._numbers else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tooltip(index.row())
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._headers):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._headers[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltips[section]
        return NUMBER if role == Qt.ItemDataRole.TextAlignmentRole and section in self._numbers else None
