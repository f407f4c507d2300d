"""How is the table of runs seen? Boxes and the line of each curve before the names, signs before how a run stands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app import fonts
from app.icons import SIZE, paint_icon
from app.tables.run_columns import RUN, STATE
from app.tables.runs import RunsModel
from app.tables.sort_header import SortHeader
from app.tables.view import TokenTable
from app.theme import Theme
from app.widgets.cells import CELL_PAD, CellDelegate, Index, paint_ground
from app.widgets.run_marks import RunMark

BOX: Final = 14
LINE: Final = 22
GAP: Final = 8
SHARES: Final = {RUN: 4, STATE: 3}
"""Of the room that is left over, parts of a column; the others take one."""
LONGEST: Final = 320
"""Pixels more than it needs at least that the column of the names takes before the others."""
LINE_WIDTH: Final = 2.0
SLACK: Final = 6
"""Pixels by which letters are wider than they are measured, at large text."""


class NameDelegate(CellDelegate):
    """A box, the line of the curve, and the name."""

    elided = Qt.TextElideMode.ElideMiddle  # runs of a sweep differ at their ends

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, theme, rect = cast(RunsModel, index.model()), Theme.of(option.palette), option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        paint_ground(painter, rect, theme.selection if selected else "", theme)
        mark = model.mark_at(index.row())
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, 0)
        paint_box(painter, box_in(rect), mark is not None, theme)
        left = room.left() + BOX + GAP
        if mark is not None:
            paint_run_line(painter, mark, left, room.top() + (room.height() - 1) / 2)
        self._paint_text(painter, room.adjusted(BOX + LINE + 2 * GAP, 0, 0, 0), model.look(index.row(), 0).text, theme)


class StateDelegate(CellDelegate):
    """A sign and words."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, theme, rect = cast(RunsModel, index.model()), Theme.of(option.palette), option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        paint_ground(painter, rect, theme.selection if selected else "", theme)
        stand = model.stand_at(index.row())
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, 0)
        at = QPointF(room.left(), room.top() + (room.height() - 1 - SIZE) / 2)
        paint_icon(painter, at, stand.icon, str(getattr(theme, stand.tone)))
        self._paint_text(painter, room.adjusted(SIZE + GAP - 2, 0, 0, 0), stand.words, theme)


def box_in(rect: QRect) -> QRectF:
    """Where the box stands in a cell."""
    return QRectF(rect.left() + CELL_PAD, rect.top() + (rect.height() - 1 - BOX) // 2, BOX, BOX)


def paint_box(painter: QPainter, box: QRectF, checked: bool, theme: Theme) -> None:
    """A check box as elsewhere in the window."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if checked:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.accent))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QPen(QColor(theme.accent_text), 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline([box.topLeft() + QPointF(x, y) for x, y in ((3.5, 7.2), (6.0, 9.7), (10.5, 4.6))])
    else:
        painter.setPen(QPen(QColor(theme.control), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
    painter.restore()


def paint_run_line(painter: QPainter, mark: RunMark, left: float, middle: float) -> None:
    """A piece of the run's curve, 22 pixels long."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(mark.pen(LINE_WIDTH))
    painter.drawLine(QPointF(left, round(middle)), QPointF(left + LINE, round(middle)))
    painter.restore()


MOVES: Final = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End)


class RunsTable(TokenTable):
    """The table. Keys and clicks ask; `menu_asked` gives the place on the screen."""

    asked = Signal(str)
    """"check", "delete" or "annotate", of the rows that are selected."""
    menu_asked = Signal(object)

    def __init__(self, model: RunsModel) -> None:
        super().__init__("Runs")
        self.header = SortHeader(self)
        self.setHorizontalHeader(self.header)
        self.header.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self._natural: list[int] = []
        self._kinds = (NameDelegate(self), StateDelegate(self), CellDelegate(self), CellDelegate(self, number=True))
        self._model = model
        self.setModel(model)
        model.modelReset.connect(self.model_set)

    def model_set(self) -> None:
        name, state, text, number = self._kinds
        self._natural = []
        for place, column in enumerate(self._model.columns):
            special = {RUN: name, STATE: state}.get(column.key)
            self.setItemDelegateForColumn(place, special or (number if column.is_number else text))
            self._natural.append(self._natural_width(place))
        self.header.setSectionResizeMode(self.header.ResizeMode.Fixed)
        self.show_order()
        self.share_width()

    def show_order(self) -> None:
        """Mark the column that is sorted by, where it is shown."""
        key, descending = self._model.sorted_by
        keys = [column.key for column in self._model.columns]
        self.header.show_order(keys.index(key) if key in keys else -1, descending)

    def share_width(self) -> None:
        """Each column has what it needs; what is left goes to all, most to names and states."""
        columns, header = self._model.columns, self.header
        if len(self._natural) != len(columns):
            return
        shares = [SHARES.get(column.key, 1) for column in columns]
        widths = list(self._natural)
        left, parts = max(0, self.viewport().width() - sum(widths)), sum(shares)
        names = max(0, min(left, fonts.scaled(LONGEST), self._widest_name() - widths[0]))
        widths[0], left = widths[0] + names, left - names  # whole names before all else
        for place, (natural, share) in enumerate(zip(widths, shares, strict=True)):
            given = left * share // parts
            header.resizeSection(place, natural + given)
            left, parts = left - given, parts - share

    def _widest_name(self) -> int:
        """The pixels that the longest name needs, with what stands before it."""
        longest = max((run.name for run in self._model.runs.values()), key=len, default="")
        width = QFontMetrics(fonts.TABLE.font()).horizontalAdvance(longest) + SLACK
        return width + BOX + LINE + 2 * GAP + 2 * CELL_PAD

    def _natural_width(self, place: int) -> int:
        column = self._model.columns[place]
        metrics = QFontMetrics(fonts.TABLE.font())
        text = metrics.horizontalAdvance(column.widest) + SLACK
        before = {RUN: BOX + LINE + 2 * GAP, STATE: SIZE + GAP}.get(column.key, 0)
        return max(text + before, metrics.horizontalAdvance(f"{column.title} ↓  ")) + 2 * CELL_PAD

    def selected_paths(self) -> tuple[Path, ...]:
        """The runs whose rows are selected, from the top."""
        return tuple(self._model.rows[row] for row in self.selected_lines())

    def select(self, paths: Sequence[Path]) -> None:
        """Select the rows of runs, the first of them the current one."""
        rows = [row for path in paths if (row := self._model.row_of(path)) >= 0]
        self.clearSelection()
        flag = self.selectionModel().SelectionFlag
        for place, row in enumerate(rows):
            index = self._model.index(row, 0)
            if not place:
                self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
            else:
                self.selectionModel().select(index, flag.Select | flag.Rows)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Keep the rows in view where they are, whatever comes in or goes above them; at the very top, stay there."""
        bar, row = self.verticalScrollBar(), self.rowAt(0)
        path = self._model.rows[row] if bar.value() and row >= 0 else None
        offset = self.rowViewportPosition(row) if path is not None else 0
        yield
        if path is not None and (now := self._model.row_of(path)) not in (-1, row):
            self.updateGeometries()
            bar.setValue(now * self.verticalHeader().defaultSectionSize() - offset)

    def _keep_place(self, _parent: QModelIndex, first: int, last: int) -> None:
        """Rows come in at the end and are moved then: `in_place` keeps what is in view."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {Qt.Key.Key_Space: "check", Qt.Key.Key_Delete: "delete", Qt.Key.Key_F2: "annotate"}
        turns = {Qt.Key.Key_Up: "earlier", Qt.Key.Key_Down: "later"}
        plain, with_alt = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self._model.rowCount() - 1}
        if event.key() in MOVES:  # Ctrl would leave the selected row behind: acts were on another run than is shown
            event = QKeyEvent(event.type(), event.key(), event.modifiers() & ~Qt.KeyboardModifier.ControlModifier)
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier  # which arrows have on some systems
        action = {plain: keys, with_alt: turns}.get(held, {}).get(Qt.Key(event.key()))
        if action is not None:
            self.asked.emit(action)
        elif held == plain and event.key() in ends:
            self.setCurrentIndex(self._model.index(ends[Qt.Key(event.key())], 0))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes by Tab sees which row the keys are for: Qt makes one the current one without selecting it."""
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        chosen, current = self.selectionModel(), self.currentIndex()
        if by_key and current.isValid() and not chosen.hasSelection():
            chosen.select(current, chosen.SelectionFlag.ClearAndSelect | chosen.SelectionFlag.Rows)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._box_at(event.position())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._model.set_checked([self._model.rows[index.row()]], self._model.mark_at(index.row()) is None)
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._box_at(event.position()) is not None:
            self.mousePressEvent(event)
        else:
            super().mouseDoubleClickEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._box_at(event.position()) is None:
            super().mouseMoveEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = (
            self.visualRect(self.currentIndex()).bottomLeft() if self.currentIndex().isValid() else QPointF().toPoint()
        )
        self.menu_asked.emit(self.viewport().mapToGlobal(row) if by_key else event.globalPos())

    def _box_at(self, at: QPointF) -> QModelIndex | None:
        """The row whose box, or what stands close to it, is there."""
        index = self.indexAt(at.toPoint())
        near = index.isValid() and index.column() == 0 and at.x() < self.visualRect(index).left() + CELL_PAD + BOX + 4
        return index if near else None

    def viewportSizeHint(self) -> QSize:
        return QSize(640, 6 * self.verticalHeader().defaultSectionSize() + self.header.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """F2 and Delete belong to the table while it has the keys, whatever the page does with them."""
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_F2)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in keys:
            event.accept()
            return True
        return super().event(event)

    def sizeHintForColumn(self, column: int) -> int:  # noqa: N802 - Qt's name
        return -1

    def keyboardSearch(self, search: str) -> None:  # noqa: N802 - Qt's name
        """Letters typed are for the search: Qt's own would read every row."""
