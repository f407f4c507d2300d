"""How is a small table of facts shown? A header and rows on hairlines, cells of text in several inks, or of bars.

For a handful of rows that are computed: nothing scrolls, sorts or is edited. A row can lead somewhere: it is then
chosen by a click, or by the arrow keys and Enter.
"""

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.fact_cells import (
    SQUARE_ROOM,
    Cell,
    Column,
    Face,
    Piece,
    Run,
    paint_bars,
    paint_square,
    paint_stack,
    text_cell,
)
from app.widgets.fitting import fitting
from app.widgets.glyphs import GlyphBatch, GlyphCache

__all__ = ["Cell", "Column", "FactTable", "Piece", "Run", "text_cell"]

ROW: Final = 26
PAD: Final = 10
STRETCHED: Final = 60
"""Pixels of a column that stretches, where no least was given."""
ELLIPSIS: Final = "…"
KEPT: Final = 200
FACES: Final = {
    "plain": fonts.TABLE,
    "mono": fonts.MONO_TABLE,
    "strong": fonts.TypeStyle(12, 16, QFont.Weight.DemiBold),
}


CHOOSE: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class FactTable(QWidget):
    """A table. With `leads`, rows can be chosen; without titles there is no header."""

    chosen = Signal(int)
    """The row that the user chose."""

    def __init__(self, columns: Sequence[Column], name: str, *, leads: bool = False, row: int = ROW) -> None:
        super().__init__()
        self._row = row
        self._columns = tuple(columns)
        self._name, self._leads = name, leads
        self._rows: tuple[tuple[Cell, ...], ...] = ()
        self._hover = -1
        self._widths: tuple[float, list[int]] | None = None
        self._kept: dict[tuple[tuple[Run, ...], float], tuple[Run, ...]] = {}
        self._caches: tuple[float, dict[Face, GlyphCache]] = (0.0, {})
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(leads)
        if leads:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def rows(self) -> tuple[tuple[Cell, ...], ...]:
        """The cells, row by row."""
        return self._rows

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Have other columns; rows that fit them have to follow at once."""
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._rows, self._widths = (), None

    @property
    def row_under(self) -> int:
        """The row under the pointer or the keys, or -1."""
        return self._hover

    def show_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Show other rows."""
        made = tuple(tuple(row) for row in rows)
        if made == self._rows:
            return
        before = (len(self._rows), self._natural_widths())
        self._rows = made
        self._widths = None
        self._hover = self._hover if self._hover < len(made) else -1
        self.setAccessibleDescription("; ".join(", ".join(cell.words for cell in row) for row in made))
        if before != (len(made), self._natural_widths()):
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(self._rows) + bool(self._has_header)
        return QSize(sum(self._natural_widths()), rows * fonts.scaled(self._row) + 1)

    def minimumSizeHint(self) -> QSize:
        """Without the columns that can be spared."""
        kept = zip(self._least_widths(), self._columns, strict=True)
        return QSize(sum(width for width, column in kept if not column.spare), self.sizeHint().height())

    def set_row(self, row: int) -> None:
        """Have rows of another height, in pixels at the drawn text size."""
        if row != self._row:
            self._row = row
            self.updateGeometry()
            self.update()

    @property
    def shown_columns(self) -> list[str]:
        """The titles of the columns that there is room for."""
        return [column.title for column, left_out in zip(self._columns, self._left_out(), strict=True) if not left_out]

    @property
    def _has_header(self) -> bool:
        return any(column.title for column in self._columns)

    def _cache(self, face: Face) -> GlyphCache:
        found = self._caches[1].get(face)
        if found is None:
            found = self._caches[1][face] = GlyphCache(FACES[face].font())
        return found

    def _fit_text_size(self) -> None:
        """Have fonts of the present text size; asked where something is painted or laid out, not for every cell."""
        if self._caches[0] != fonts.factor():
            self._kept.clear()
            self._caches = (fonts.factor(), {})

    def _natural_widths(self) -> list[int]:
        """What each column wants, kept for as long as rows and text size are the same."""
        self._fit_text_size()
        if self._widths is None or self._widths[0] != fonts.factor():
            self._widths = (fonts.factor(), [self._natural_width(place) for place in range(len(self._columns))])
        return list(self._widths[1])

    def _natural_width(self, place: int) -> int:
        """A column's longest cell; of a column that stretches its title alone."""
        column = self._columns[place]
        longest = self._cache("plain").width(column.title) + (SQUARE_ROOM if column.square is not None else 0)
        if not column.stretch:
            longest = max([longest, *[self._width(row[place]) for row in self._rows]])
        wanted = max(fonts.scaled(column.least or 1), ceil(longest) + 2 * PAD)
        return min(wanted, fonts.scaled(column.most)) if column.most else wanted

    def _width(self, cell: Cell) -> float:
        square = SQUARE_ROOM if cell.square is not None else 0
        return square + sum(self._cache(run.face).width(run.text) for run in cell.runs)

    def _least_widths(self) -> list[int]:
        """What each column needs: of one that stretches the least that was given."""
        widths = zip(self._natural_widths(), self._columns, strict=True)
        return [fonts.scaled(column.least or STRETCHED) if column.stretch else width for width, column in widths]

    def _left_out(self) -> list[bool]:
        """Whether a column has to go, since all together are wider than the table."""
        widths, gone = self._least_widths(), [False] * len(self._columns)
        order = sorted(range(len(widths)), key=lambda place: -self._columns[place].spare)
        for place in order:
            if not self._columns[place].spare or sum(widths) <= self.width():
                break
            widths[place], gone[place] = 0, True
        return gone

    def _boxes(self) -> list[tuple[int, int]]:
        """The left end and the width of each column; one that is left out is 0 wide."""
        gone = self._left_out()
        widths = [0 if out else width for width, out in zip(self._natural_widths(), gone, strict=True)]
        stretching = [place for place, column in enumerate(self._columns) if column.stretch and not gone[place]]
        rest = self.width() - sum(w for place, w in enumerate(widths) if place not in stretching)
        for place, width in self._shared(stretching, rest):
            widths[place] = width
        lefts = [sum(widths[:place]) for place in range(len(widths))]
        return list(zip(lefts, widths, strict=True))

    def _shared(self, places: Sequence[int], rest: int) -> Iterator[tuple[int, int]]:
        """How columns that stretch share what is left: by weight, but none gets less than it needs."""
        weights = sum(self._columns[place].weight for place in places)
        wanted = {place: rest * self._columns[place].weight // weights for place in places}
        needed = {place: fonts.scaled(self._columns[place].least or 1) for place in places}
        short = [place for place in places if wanted[place] < needed[place]]
        yield from ((place, needed[place]) for place in short)
        others = [place for place in places if place not in short]
        if short and others:
            yield from self._shared(others, rest - sum(needed[place] for place in short))
        elif not short:
            yield from wanted.items()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, row_height, boxes = Theme.of(self.palette()), fonts.scaled(self._row), self._boxes()
        batch = GlyphBatch()
        with QPainter(self) as painter:
            top = 0
            if self._has_header:
                titles = [text_cell(column.title, "secondary", square=column.square) for column in self._columns]
                self._paint_row(painter, batch, titles, boxes, top, theme, theme.border)
                top += row_height
            for place, row in enumerate(self._rows):
                if place == self._hover:
                    painter.fillRect(0, top, self.width(), row_height, QColor(theme.hover))
                last = place + 1 == len(self._rows)
                self._paint_row(painter, batch, row, boxes, top, theme, "" if last else theme.grid)
                top += row_height
            batch.draw(painter)

    def _paint_row(
        self,
        painter: QPainter,
        batch: GlyphBatch,
        row: Sequence[Cell],
        boxes: Sequence[tuple[int, int]],
        top: int,
        theme: Theme,
        line: str,
    ) -> None:
        height = fonts.scaled(self._row)
        if line:
            painter.fillRect(QRectF(0, top + height - 1, self.width(), 1), QColor(line))
        for cell, column, (left, width) in zip(row, self._columns, boxes, strict=True):
            if not width:
                continue
            room = QRect(left + PAD, top, width - 2 * PAD, height)
            if cell.bars:
                paint_bars(painter, cell.bars, QRectF(room))
            elif cell.stack:
                paint_stack(painter, cell.stack, QRectF(room))
            else:
                x = self._add_cell(batch, cell, room, theme, number=column.number)
                if cell.square is not None:
                    paint_square(painter, cell.square, x, room.center().y())

    def _add_cell(self, batch: GlyphBatch, cell: Cell, room: QRect, theme: Theme, *, number: bool) -> float:
        """Add the text of a cell; gives where it begins, with the room for its square."""
        square = SQUARE_ROOM if cell.square is not None else 0
        runs = self._fitted(cell.runs, room.width() - square)
        width = square + sum(self._cache(run.face).width(run.text) for run in runs)
        begin = room.left() + (room.width() - width if number else 0.0)
        x = begin + square
        inks = {"text": theme.text, "secondary": theme.secondary, "error": theme.error, "accent": theme.accent}
        for run in runs:
            cache = self._cache(run.face)
            plain = self._cache("plain")
            baseline = round(room.top() + (room.height() - 1 + plain.ascent - plain.descent) / 2)
            batch.add(cache, run.text, round(x), baseline, QColor(inks[run.ink]))
            x += cache.width(run.text)
        return begin

    def _fitted(self, runs: tuple[Run, ...], room: float) -> tuple[Run, ...]:
        """As many of the runs as there is room for, with an ellipsis; kept, since rows are painted more than once."""
        key = (runs, room)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            found = self._kept[key] = self._fit(runs, room)
        return found

    def _fit(self, runs: tuple[Run, ...], room: float) -> tuple[Run, ...]:
        if sum(self._cache(run.face).width(run.text) for run in runs) <= room:
            return runs
        kept: list[Run] = []
        left = room - self._cache("plain").width(ELLIPSIS)
        for run in runs:
            cache = self._cache(run.face)
            if cache.width(run.text) > left:
                count = fitting(cache, run.text, left)
                return (*kept, run._replace(text=run.text[:count]), Run(ELLIPSIS, "secondary"))
            kept.append(run)
            left -= cache.width(run.text)
        return tuple(kept)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tell(QPointF(event.pos()), event)
            return True
        return super().event(event)

    def _tell(self, at: QPointF, event: QHelpEvent) -> None:
        """Show what a cell has to tell, or the whole of one that is cut off."""
        row = self._row_at(at)
        for place, (left, width) in enumerate(self._boxes()):
            if row >= 0 and left <= at.x() < left + width:
                cell = self._rows[row][place]
                if cell.told or self._width(cell) > width - 2 * PAD:
                    QToolTip.showText(event.globalPos(), cell.told or cell.words, self)
                    return
        QToolTip.hideText()

    def _row_at(self, at: QPointF) -> int:
        row = int(at.y() // fonts.scaled(self._row)) - bool(self._has_header)
        return row if 0 <= row < len(self._rows) else -1

    def _point_at(self, row: int) -> None:
        if row != self._hover:
            self._hover = row
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._leads:
            self._point_at(self._row_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._point_at(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position())
        if self._leads and row >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(row)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if self._leads and step is not None and self._rows:
            self._point_at(max(0, min(self._hover + step, len(self._rows) - 1)))
        elif self._leads and event.key() in CHOOSE and self._hover >= 0:
            self.chosen.emit(self._hover)
        else:
            super().keyPressEvent(event)
