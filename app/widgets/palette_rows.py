"""Which rows does the command palette show, and how is one painted? Headings; commands with typed letters bold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import fonts
from app.commands import Command, match
from app.icons import SIZE, paint_icon
from app.theme import Theme
from app.widgets.labels import paint_key_cap

Index = QModelIndex | QPersistentModelIndex
HEADING: Final = 30
ROW: Final = 34
SIDE: Final = 6
GAP: Final = 14
LAYERS: Final = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Row:
    """A command and which letters of its title were typed, or a heading with no command."""

    title: str
    command: Command | None = None
    places: frozenset[int] = frozenset()


def rows_for(query: str, sections: Sequence[tuple[str, Sequence[Command]]]) -> list[Row]:
    """The commands of each section that fit `query`, best first, each section under its heading."""
    rows: list[Row] = []
    for heading, commands in sections:
        hits = [(hit, command) for command in commands if (hit := match(query, command)) is not None]
        hits.sort(key=lambda pair: -pair[0].score)
        if hits:
            rows.append(Row(heading))
            rows += [Row(command.title, command, frozenset(hit.places)) for hit, command in hits]
    return rows or [Row(f"Nothing fits “{query.strip()}”.")]


class PaletteModel(QAbstractListModel):
    """The rows as Qt's list view wants them; headings cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def row(self, place: int) -> Row | None:
        """The row at `place`, if there is one."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def step(self, place: int, by: int) -> int:
        """The next command from `place`, up or down, round the ends; -1 if there is none."""
        places = [number for number, row in enumerate(self._rows) if row.command is not None]
        if not places:
            return -1
        if place not in places:
            return places[0]
        return places[(places.index(place) + by) % len(places)]

    def height(self) -> int:
        """Of all rows, in pixels."""
        return sum(_row_height(row) for row in self._rows)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.row(index.row())
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.SizeHintRole:
            return QSize(100, _row_height(row))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.row(index.row())
        if row is None or row.command is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def _row_height(row: Row) -> int:
    return fonts.scaled(HEADING if row.command is None else ROW)


class PaletteDelegate(QStyledItemDelegate):
    """Paints a row: icon, title, and at the right the page and its keys."""

    def __init__(self, model: PaletteModel) -> None:
        super().__init__()
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = self._model.row(index.row())
        if row is None:
            return
        theme = Theme.of(option.palette)
        area = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.command is None:
            painter.setFont(fonts.CAPTION.font())
            painter.setPen(QColor(theme.secondary))
            painter.drawText(area.adjusted(16, 4, 0, 0), LAYERS, row.title)
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            self._paint_command(painter, theme, area, row, row.command, chosen)
        painter.restore()

    def _paint_command(
        self, painter: QPainter, theme: Theme, area: QRectF, row: Row, command: Command, chosen: bool
    ) -> None:
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection))
            painter.drawRoundedRect(area.adjusted(SIDE, 0, -SIDE, 0), 6, 6)
        at = QPointF(area.left() + 16, area.center().y() - SIZE / 2)
        paint_icon(painter, at, command.icon, theme.accent if chosen else theme.secondary)
        right = area.right() - 16
        if command.keys:
            width = QFontMetricsF(fonts.AXIS.font()).horizontalAdvance(command.keys) + 12
            paint_key_cap(painter, QRectF(right - width, area.center().y() - 9, width, 18), command.keys, theme)
            right -= width + 11
        painter.setFont(fonts.CAPTION.font())
        painter.setPen(QColor(theme.secondary))
        beside = area.adjusted(0, 0, right - area.right(), 0)
        painter.drawText(beside, LAYERS | Qt.AlignmentFlag.AlignRight, command.page)
        taken = QFontMetricsF(painter.font()).horizontalAdvance(command.page) + GAP if command.page else 0.0
        _paint_title(painter, theme, beside.adjusted(42, 0, -taken, 0), row)


def _paint_title(painter: QPainter, theme: Theme, area: QRectF, row: Row) -> None:
    """The title in pieces, those that were typed in semibold; cut where it has no room."""
    plain, bold = fonts.BODY.font(), fonts.SECTION.font()
    painter.setPen(QColor(theme.text))
    left = area.left()
    shown = QFontMetricsF(bold if row.places else plain).elidedText(
        row.title, Qt.TextElideMode.ElideRight, area.width()
    )
    for hit, piece in _pieces(replace(row, title=shown)):
        painter.setFont(bold if hit else plain)
        painter.drawText(QRectF(left, area.top(), area.width(), area.height()), LAYERS, piece)
        left += QFontMetricsF(painter.font()).horizontalAdvance(piece)


def _pieces(row: Row) -> list[tuple[bool, str]]:
    """The title cut where typed letters begin and end: [(False, "Show the "), (True, "long"), (False, "est")]."""
    pieces: list[tuple[bool, str]] = []
    for place, letter in enumerate(row.title):
        hit = place in row.places
        if pieces and pieces[-1][0] == hit:
            pieces[-1] = (hit, pieces[-1][1] + letter)
        else:
            pieces.append((hit, letter))
    return pieces
