"""How are runs seen beside one another? A column each under its line and name; what differs from the base is tinted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QHeaderView, QStyleOptionViewItem, QWidget

from app import fonts
from app.tables.model import Index, TokenModel
from app.tables.run_differences import Line
from app.tables.run_names import short_names
from app.tables.runs_view import LINE, paint_run_line
from app.tables.view import TokenTable
from app.theme import Theme
from app.widgets.cells import CELL_PAD, ROW, CellDelegate, Look, paint_ground
from app.widgets.run_marks import RunMark
from lmcore.training.overview import Overview

LEAST, MOST = 120, 260
GAP: Final = 8
BASE: Final = "base"


class DifferencesModel(TokenModel):
    """The lines; its columns are runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__((), (), frozenset(), parent)
        self.runs: tuple[Overview, ...] = ()
        self.marks: Mapping[Path, RunMark] = {}
        self.lines: tuple[Line, ...] = ()
        self.short_names: tuple[str, ...] = ()
        self.base = 0

    def show_lines(
        self, runs: Sequence[Overview], marks: Mapping[Path, RunMark], lines: Sequence[Line], base: int
    ) -> None:
        """Show other runs or lines; where only what they say has changed, nothing is lost."""
        names = tuple(run.name for run in runs)
        same = names == self._headers and [line.title for line in lines] == [line.title for line in self.lines]
        if not same:
            self.beginResetModel()
        self.runs, self.marks, self.lines, self.base = tuple(runs), marks, tuple(lines), base
        self._headers = names
        self.short_names = tuple(" ".join(name.split()) for name in short_names(names))
        self._tooltips = tuple(f"{name}\nClick to hold the others against it" for name in names)
        if not same:
            self.endResetModel()
        elif self.lines and names:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, len(names) - 1))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(names) - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.lines)

    def look(self, row: int, column: int) -> Look:
        texts = self.lines[row].texts
        return Look(texts[column] if texts else "")

    def tooltip(self, row: int) -> str:
        line = self.lines[row]
        return f"{line.title}, {line.unit}" if line.unit else line.title

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            return super().headerData(section, orientation, role)
        if not 0 <= section < len(self.lines):
            return None
        shown = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole)
        return self.tooltip(section) if role in shown else None


class DifferenceDelegate(CellDelegate):
    """A text, and in grey behind it how far it is from the base."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, theme, rect = cast(DifferencesModel, index.model()), Theme.of(option.palette), option.rect
        line, column = model.lines[index.row()], index.column()
        differs = bool(line.differs) and line.differs[column]
        paint_ground(painter, rect, theme.accent_soft if differs else "", theme)
        if not line.texts:
            return
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, 0)
        self._paint_text(painter, room, line.texts[column], theme)
        if line.gaps and line.gaps[column]:
            left = round(self.kit.text.width(line.texts[column])) + GAP
            self._secondary = True
            self._paint_text(painter, room.adjusted(left, 0, 0, 0), line.gaps[column], theme)
            self._secondary = False


class RunHeader(QHeaderView):
    """The names of the runs, each behind its line; one that is clicked becomes the base."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setAccessibleName("Runs: click one to hold the others against it")

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), fonts.scaled(ROW))

    def paintSection(self, painter: QPainter, rect: QRect, column: int) -> None:  # noqa: N802 - Qt's name
        model, theme = cast(DifferencesModel, self.model()), Theme.of(self.palette())
        painter.save()
        painter.fillRect(rect, QColor(theme.surface))
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.border))
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, -1)
        mark = model.marks.get(model.runs[column].path)
        if mark is not None:
            paint_run_line(painter, mark, room.left(), room.top() + room.height() / 2)
            room.adjust(LINE + GAP, 0, 0, 0)
        painter.setFont(_strong())
        metrics, right = painter.fontMetrics(), 0
        if column == model.base:
            painter.setPen(QColor(theme.secondary))
            right = metrics.horizontalAdvance(BASE) + GAP
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, BASE)
        painter.setPen(QColor(theme.text))
        name = metrics.elidedText(model.short_names[column], Qt.TextElideMode.ElideMiddle, room.width() - right)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()


class LineHeader(QHeaderView):
    """What each line is about, which stays in view while runs scroll sideways; headings are strong."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setSectionsClickable(False)
        self.setHighlightSections(False)
        self.setAccessibleName("Settings and results")

    def sizeHint(self) -> QSize:
        model, metrics = self.model(), QFontMetrics(_strong())
        if not isinstance(model, DifferencesModel):
            return super().sizeHint()
        widest = max((metrics.horizontalAdvance(model.tooltip(row)) for row in range(len(model.lines))), default=100)
        return QSize(widest + 2 * CELL_PAD + GAP, super().sizeHint().height())

    def paintSection(self, painter: QPainter, rect: QRect, row: int) -> None:  # noqa: N802 - Qt's name
        theme, line = Theme.of(self.palette()), cast(DifferencesModel, self.model()).lines[row]
        painter.save()
        painter.fillRect(rect, QColor(theme.surface))
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.grid))
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, -1)
        painter.setFont(fonts.TABLE.font() if line.texts else _strong())
        painter.setPen(QColor(theme.text if line.texts or line.title != "none" else theme.secondary))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, line.title)
        if line.unit:
            room.adjust(painter.fontMetrics().horizontalAdvance(line.title) + GAP, 0, 0, 0)
            painter.setPen(QColor(theme.secondary))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, line.unit)
        painter.restore()


class DifferencesTable(TokenTable):
    """The table. Its columns share the width, and scroll sideways where they are many."""

    def __init__(self, model: DifferencesModel) -> None:
        super().__init__("Runs beside one another")
        self._model = model
        self.header, self.line_header = RunHeader(self), LineHeader(self)
        self.setModel(model)
        self.setHorizontalHeader(self.header)
        self.setVerticalHeader(self.line_header)
        self.line_header.show()
        self.line_header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._set_heights()
        self.setSelectionMode(self.SelectionMode.NoSelection)
        self.setItemDelegate(DifferenceDelegate(self))
        self.model_set()
        model.modelReset.connect(self.model_set)

    def model_set(self) -> None:
        if self.horizontalHeader() is not self.header:
            return  # the heads are put on next
        self.header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.updateGeometries()
        self.share_width()

    def share_width(self) -> None:
        """Equal parts, neither too narrow to be read nor so wide that they are hard to compare."""
        number = len(self._model.runs)
        for column in range(number):
            width = self.viewport().width() // number
            self.header.resizeSection(column, max(fonts.scaled(LEAST), min(fonts.scaled(MOST), width)))

    def sizeHintForColumn(self, column: int) -> int:  # noqa: N802 - Qt's name
        return -1


def _strong() -> QFont:
    made = fonts.TABLE.font()
    made.setWeight(QFont.Weight.DemiBold)
    return made
