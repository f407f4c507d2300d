"""How does a whole divide at one place of a chart? A card: its title, one bar of all parts, and a line for each."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_cards import MIDDLE, card_place, paint_ground

PAD: Final = 12.0
LINE: Final = 21
BAR: Final = 6
GAP: Final = 2.0
SWATCH: Final = 10.0
COLUMN: Final = 24.0
NOTE: Final = 16
NOTE_GAP: Final = 4
STRONG: Final = fonts.TypeStyle(13, 20, fonts.SECTION.weight)


class ShareRow(NamedTuple):
    """A part: its name, its share from 0 to 1, how that is written, an amount or nothing, and its data colour."""

    name: str
    share: float
    written: str
    amount: str
    colour: int


def paint_share_card(
    painter: QPainter,
    at: QPointF,
    plot: QRectF,
    title: str,
    rows: Sequence[ShareRow],
    theme: Theme,
    notes: Sequence[str] = (),
) -> QRectF:
    """The card beside a point, kept within the plot; gives where it stands. The bar shows the parts in their order."""
    widths, line = _widths(rows), float(fonts.scaled(LINE))
    small = QFontMetricsF(fonts.AXIS.font())
    words = [QFontMetricsF(STRONG.font()).horizontalAdvance(title), *map(small.horizontalAdvance, notes)]
    inner = max(sum(widths), *words)
    below = NOTE_GAP + fonts.scaled(NOTE) * len(notes) if notes else 0
    height = line * (len(rows) + 1) + BAR + 10 + below + 2 * PAD - 6
    box = card_place(at, plot, inner + 2 * PAD, height)
    paint_ground(painter, box, theme)
    room = QRectF(box.left() + PAD, box.top() + PAD - 5, box.width() - 2 * PAD, line)
    painter.setFont(STRONG.font())
    painter.setPen(QColor(theme.text))
    painter.drawText(room, MIDDLE, title)
    room.translate(0, line + 4)
    _paint_bar(painter, QRectF(room.left(), room.top(), room.width(), BAR), rows)
    room.translate(0, BAR + 5)
    for row in rows:
        _paint_row(painter, room, row, widths, theme)
        room.translate(0, line)
    _paint_notes(painter, room, notes, theme)
    return box


def _widths(rows: Sequence[ShareRow]) -> tuple[float, float, float]:
    """Of the names with their swatches, the shares and the amounts, each with the gap before it."""
    metrics = QFontMetricsF(fonts.TABLE.font())
    columns = [[row.name for row in rows], [row.written for row in rows], [row.amount for row in rows]]
    name, share, amount = (max((metrics.horizontalAdvance(text) for text in column), default=0.0) for column in columns)
    return SWATCH + 8 + name, COLUMN + share, COLUMN + amount if amount else 0.0


def _paint_bar(painter: QPainter, room: QRectF, rows: Sequence[ShareRow]) -> None:
    """All parts in one line, a gap of 2 pixels between them, each at least a pixel wide."""
    there = [row for row in rows if row.share > 0]
    free = room.width() - GAP * (len(there) - 1) - len(there)
    left = room.left()
    painter.setPen(Qt.PenStyle.NoPen)
    for row in there:
        width = 1 + free * row.share
        painter.setBrush(QColor(DATA[row.colour]))
        painter.drawRect(QRectF(left, room.top(), width, room.height()))
        left += width + GAP


def _paint_row(
    painter: QPainter, room: QRectF, row: ShareRow, widths: tuple[float, float, float], theme: Theme
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(DATA[row.colour]))
    painter.drawRoundedRect(QRectF(room.left(), room.center().y() - SWATCH / 2, SWATCH, SWATCH), 2.5, 2.5)
    painter.setFont(fonts.TABLE.font())
    painter.setPen(QColor(theme.text))
    painter.drawText(room.adjusted(SWATCH + 8, 0, 0, 0), MIDDLE, row.name)
    right = Qt.AlignmentFlag.AlignRight | MIDDLE
    painter.drawText(room, right, row.amount or row.written)
    if row.amount:
        painter.setPen(QColor(theme.secondary))
        painter.drawText(room.adjusted(0, 0, -widths[2], 0), right, row.written)


def _paint_notes(painter: QPainter, room: QRectF, notes: Sequence[str], theme: Theme) -> None:
    painter.setFont(fonts.AXIS.font())
    painter.setPen(QColor(theme.secondary))
    line = QRectF(room.left(), room.top() + NOTE_GAP, room.width(), fonts.scaled(NOTE))
    for note in notes:
        painter.drawText(line, MIDDLE, note)
        line.translate(0, fonts.scaled(NOTE))
