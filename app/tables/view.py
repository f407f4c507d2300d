"""How does a table of tokens look and behave? Rows of 26 with hairlines, one delegate a column, rows copied as text."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from app import fonts
from app.widgets.cells import CELL_PAD, ROW

HEADER_PAD: Final = 2


class TokenTable(QTableView):
    """A read-only table. Who has scrolled down keeps the rows in view when others come in above them."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fixed: dict[int, str] = {}
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
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

    def fit_columns(self, widest: Mapping[int, str], stretched: Sequence[int]) -> None:
        """Make columns as wide as their widest text and their heading; the stretched ones share what is left."""
        self._fixed = dict(widest)
        header = self.horizontalHeader()
        metrics = QFontMetrics(fonts.TABLE.font())
        for column, text in self._fixed.items():
            heading = str(self.model().headerData(column, Qt.Orientation.Horizontal))
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            width = max(metrics.horizontalAdvance(text), metrics.horizontalAdvance(heading) + HEADER_PAD * 2)
            header.resizeSection(column, width + 2 * CELL_PAD)
        for column in stretched:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

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
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected_text())
        else:
            super().keyPressEvent(event)

    def selected_text(self) -> str:
        """The selected rows from top to bottom, a line each, cells divided by tabs."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        columns = range(self.model().columnCount())
        return "\n".join("\t".join(str(self.model().index(row, c).data()) for c in columns) for row in rows)
