"""How does a table of tokens look and behave? Rows of 26 with hairlines, one delegate a column, rows copied as text."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app import fonts
from app.widgets.cells import CELL_PAD, ROW

HEADER_PAD: Final = 2
COPIED: Final = 5_000
"""Rows that the clipboard is given at most; more belong in a file."""
LEAST: Final = 60
"""Pixels that a stretched column keeps; where they are too many, the table scrolls sideways."""


class TokenTable(QTableView):
    """A read-only table. Who has scrolled down keeps the rows in view when others come in above them."""

    not_copied = Signal(int)
    """So many rows are selected, which are too many for the clipboard."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stretched: dict[int, int] = {}
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._set_up_headers()

    def _set_up_headers(self) -> None:
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.hide()
        columns.setSectionsClickable(False)
        columns.setHighlightSections(False)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._set_heights()

    def _set_heights(self) -> None:
        height = fonts.scaled(ROW)
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        self.verticalScrollBar().setSingleStep(height)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        super().setModel(model)
        if model is not None:
            model.rowsInserted.connect(self._keep_place)
            self.model_set()

    def model_set(self) -> None:
        """Called when the columns are known: set their widths."""

    def fit_columns(self, widest: Mapping[int, str], stretched: Mapping[int, int]) -> None:
        """Make columns as wide as their widest text and their heading; the stretched ones share what is left, and
        keep so many pixels.
        """
        self._stretched = {column: fonts.scaled(least) for column, least in stretched.items()}
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        metrics = QFontMetrics(fonts.TABLE.font())
        for column, text in widest.items():
            heading = str(self.model().headerData(column, Qt.Orientation.Horizontal))
            width = max(metrics.horizontalAdvance(text), metrics.horizontalAdvance(heading) + HEADER_PAD * 2)
            header.resizeSection(column, width + 2 * CELL_PAD)
        self.share_width()

    def share_width(self) -> None:
        """Give the stretched columns that are shown what the others leave, in equal parts."""
        header = self.horizontalHeader()
        shown = [column for column in self._stretched if not self.isColumnHidden(column)]
        others = [column for column in range(header.count()) if column not in self._stretched]
        left = self.viewport().width() - sum(header.sectionSize(column) for column in others)
        for place, column in enumerate(shown):
            width = max(self._stretched[column], left // (len(shown) - place))
            header.resizeSection(column, width)
            left -= width

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.share_width()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._set_heights()
            if self.model() is not None:
                self.model_set()

    def _keep_place(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Rows came in: if that is above the rows in view, move with them; at the very top, stay at the top."""
        bar = self.verticalScrollBar()
        height = fonts.scaled(ROW)
        if bar.value() > first * height:
            self.updateGeometries()
            bar.setValue(bar.value() + (last - first + 1) * height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not event.matches(QKeySequence.StandardKey.Copy):
            super().keyPressEvent(event)
        elif (count := self.selected_count()) > COPIED:
            self.not_copied.emit(count)
        else:
            QGuiApplication.clipboard().setText(self.selected_text())

    def selected_count(self) -> int:
        """How many rows are selected; told by the ranges, since a list of all would take seconds."""
        return sum(part.height() for part in self.selectionModel().selection().toList())

    def selected_lines(self) -> list[int]:
        """The numbers of the selected rows, from the top."""
        parts = self.selectionModel().selection().toList()
        return sorted({line for part in parts for line in range(part.top(), part.bottom() + 1)})

    def selected_text(self) -> str:
        """The selected rows from top to bottom, a line each, the cells of the columns shown divided by tabs."""
        columns = [column for column in range(self.model().columnCount()) if not self.isColumnHidden(column)]
        lines = self.selected_lines()
        return "\n".join("\t".join(str(self.model().index(line, c).data()) for c in columns) for line in lines)
