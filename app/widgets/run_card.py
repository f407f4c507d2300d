"""What are the exact values of all runs there? A card beside the pointer: a row a run, a column a measure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QLineF, QPoint, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chart_cards import CARD_PAD, STRONG, paint_ground
from app.widgets.fitted_names import fitted_names
from app.widgets.pointer_card import PointerCard
from app.widgets.run_marks import RunMark

ROW: Final = 18
SWATCH: Final = 16.0
GAP: Final = 16.0
LONGEST: Final = 180.0
"""Pixels of a run's name; a longer one is cut in the middle, where names of one group differ least."""
LEFT: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
RIGHT: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True)
class CardRow:
    """A run: how it is drawn, its name, and its values, of which one may be missing ("")."""

    mark: RunMark
    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class CardTable:
    """What a card says: where it is, what the columns are, and the runs."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[CardRow, ...]
    notes: tuple[str, ...] = ()


class RunCard(PointerCard):
    """A table of runs and their values."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.table = CardTable("", (), ())

    def show_table(self, table: CardTable, beside: QPoint) -> None:
        """Show this beside a point of the window."""
        self.table = table
        self.show_beside(beside, _size(table))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            _paint(painter, QRectF(self.rect()), self.table, Theme.of(self.palette()))


def _widths(table: CardTable) -> tuple[float, list[float]]:
    """Of the names and of the columns."""
    names, bold = QFontMetricsF(fonts.AXIS.font()), QFontMetricsF(STRONG.font())
    first = max((min(LONGEST, names.horizontalAdvance(row.name)) for row in table.rows), default=0.0) + SWATCH + 7
    first = max(first, bold.horizontalAdvance(table.title))
    columns = zip(table.heads, *(row.cells for row in table.rows), strict=True)
    return first, [max(map(names.horizontalAdvance, column)) for column in columns]


def _size(table: CardTable) -> QSizeF:
    first, columns = _widths(table)
    notes = max(map(QFontMetricsF(fonts.AXIS.font()).horizontalAdvance, table.notes), default=0.0)
    width = max(first + sum(width + GAP for width in columns), notes)
    lines = len(table.rows) + len(table.notes) + 1
    return QSizeF(width + 2 * CARD_PAD, fonts.scaled(ROW) * lines + CARD_PAD + 4)


def _paint(painter: QPainter, box: QRectF, table: CardTable, theme: Theme) -> None:
    paint_ground(painter, box, theme)
    line = float(fonts.scaled(ROW))
    room = QRectF(box.left() + CARD_PAD, box.top() + 8, box.width() - 2 * CARD_PAD, line)
    widths = _widths(table)
    painter.setFont(STRONG.font())
    painter.setPen(QColor(theme.text))
    painter.drawText(room, LEFT, table.title)
    painter.setFont(fonts.AXIS.font())
    _paint_cells(painter, room, table.heads, widths, QColor(theme.secondary))
    names = fitted_names([row.name for row in table.rows], LONGEST, QFontMetricsF(painter.font()).horizontalAdvance)
    for row, name in zip(table.rows, names, strict=True):
        room.translate(0, line)
        _paint_row(painter, room, replace(row, name=name), widths, theme)
    painter.setPen(QColor(theme.secondary))
    for note in table.notes:
        room.translate(0, line)
        painter.drawText(room, LEFT, note)


def _paint_row(painter: QPainter, room: QRectF, row: CardRow, widths: tuple[float, list[float]], theme: Theme) -> None:
    painter.setPen(row.mark.pen(2))
    painter.drawLine(QLineF(room.left(), room.center().y(), room.left() + SWATCH, room.center().y()))
    painter.setPen(QColor(theme.text))
    painter.drawText(room.adjusted(SWATCH + 7, 0, 0, 0), LEFT, row.name)
    _paint_cells(painter, room, row.cells, widths, QColor(theme.text))


def _paint_cells(
    painter: QPainter, room: QRectF, cells: Sequence[str], widths: tuple[float, list[float]], colour: QColor
) -> None:
    """Columns right of the names, their figures below one another."""
    right = room.left() + widths[0]
    painter.setPen(colour)
    for cell, width in zip(cells, widths[1], strict=True):
        right += GAP + width
        painter.drawText(QRectF(room.left(), room.top(), right - room.left(), room.height()), RIGHT, cell)
