"""What is written on a curve? The label at its end, the dot, the marker's line, and the card under the pointer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app import fonts
from app.theme import DATA, Theme

DOT: Final = 3.5
LABEL_OFF: Final = 11.0
CARD_PAD: Final = 12.0
CARD_RADIUS: Final = 8.0
SWATCH: Final = 12.0
COLUMN_GAP: Final = 20.0
ROW: Final = 18
STRONG: Final = fonts.TypeStyle(12, 16, fonts.SECTION.weight)
DASH: Final = [2.0, 3.0]
MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Row:
    """One line of a hover card: what it is, its value, and the data colour it is drawn in, if any."""

    name: str
    value: str
    colour: int | None = None


def paint_marker(painter: QPainter, plot: QRectF, x: float, colour: str) -> None:
    """A dotted line over the height of the plot."""
    pen = QPen(QColor(colour), 1.0, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    pen.setDashPattern(DASH)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(pen)
    painter.drawLine(QLineF(round(x), plot.top(), round(x), plot.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def paint_dot(painter: QPainter, at: QPointF, theme: Theme, colour: int = 0) -> None:
    """A point of the curve, set off from it by a rim of the ground."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.surface), 1.5))
    painter.setBrush(QColor(DATA[colour]))
    painter.drawEllipse(at, DOT + 0.75, DOT + 0.75)


def paint_label(
    painter: QPainter, at: QPointF, plot: QRectF, text: tuple[str, str], theme: Theme, curve: Callable[[float], float]
) -> QRectF:
    """A title and a caption below a point of a rising curve; gives where they stand.

    They stand right of the point, or left of it where the right has no room. `curve` gives the curve's height over
    a pixel: at the left, the label has to keep below the lowest it passes.
    """
    title, caption = text
    strong, quiet = STRONG, fonts.AXIS
    metrics = QFontMetricsF(strong.font()), QFontMetricsF(quiet.font())
    width = max(metrics[0].horizontalAdvance(title), metrics[1].horizontalAdvance(caption)) + 1
    heights = fonts.scaled(strong.line), fonts.scaled(quiet.line)
    left = at.x() + LABEL_OFF if at.x() + LABEL_OFF + width <= plot.right() else at.x() - LABEL_OFF - width
    under = at.y() if left > at.x() else curve(left - LABEL_OFF)
    top = min(under + 6, plot.bottom() - sum(heights) - 4)
    side = Qt.AlignmentFlag.AlignLeft if left > at.x() else Qt.AlignmentFlag.AlignRight
    room = QRectF(left, top, width, heights[0])
    for style, line, height, colour in (
        (strong, title, heights[0], theme.text),
        (quiet, caption, heights[1], theme.secondary),
    ):
        room.setHeight(height)
        painter.setFont(style.font())
        painter.setPen(QColor(colour))
        painter.drawText(room, side | MIDDLE, line)
        room.translate(0, height)
    return QRectF(left, top, width, sum(heights))


def paint_card(painter: QPainter, at: QPointF, plot: QRectF, title: str, rows: Sequence[Row], theme: Theme) -> QRectF:
    """A card that lists values beside a point, kept within the plot; gives where it stands."""
    size = card_size(title, rows)
    box = card_place(at, plot, size.width(), size.height())
    paint_card_in(painter, box, title, rows, (), theme)
    return box


def card_size(title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> QSizeF:
    """How large a card of these lines is."""
    names = QFontMetricsF(fonts.AXIS.font())
    name_width = max((names.horizontalAdvance(row.name) for row in rows), default=0.0) + SWATCH + 7
    value_width = max((names.horizontalAdvance(row.value) for row in rows), default=0.0)
    words = [QFontMetricsF(STRONG.font()).horizontalAdvance(title), *map(names.horizontalAdvance, notes)]
    width = max(name_width + COLUMN_GAP + value_width, *words) + 2 * CARD_PAD
    return QSizeF(width, fonts.scaled(ROW) * (len(rows) + len(notes) + 1) + CARD_PAD + 4)


def paint_card_in(
    painter: QPainter, box: QRectF, title: str, rows: Sequence[Row], notes: Sequence[str], theme: Theme
) -> None:
    """A card that fills `box`: its title, a line for each value, and quieter lines below them."""
    line = float(fonts.scaled(ROW))
    paint_ground(painter, box, theme)
    inner = box.adjusted(CARD_PAD, 8, -CARD_PAD, 0)
    inner.setHeight(line)
    painter.setFont(STRONG.font())
    painter.setPen(QColor(theme.text))
    painter.drawText(inner, MIDDLE | Qt.AlignmentFlag.AlignLeft, title)
    painter.setFont(fonts.AXIS.font())
    for row in rows:
        inner.translate(0, line)
        _paint_row(painter, inner, row, theme)
    painter.setPen(QColor(theme.secondary))
    for note in notes:
        inner.translate(0, line)
        painter.drawText(inner, MIDDLE | Qt.AlignmentFlag.AlignLeft, note)


def card_place(at: QPointF, plot: QRectF, width: float, height: float) -> QRectF:
    """Where a card stands: right of the point and a little below it; left of it where the right has no room."""
    left = at.x() + 12 if at.x() + 12 + width <= plot.right() else max(2.0, at.x() - 12 - width)
    top = max(2.0, min(max(plot.top(), at.y() + 24), plot.bottom() - height))
    return QRectF(round(left), round(top), round(width), height)


def paint_ground(painter: QPainter, box: QRectF, theme: Theme) -> None:
    """The ground and the rim of a card."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.border), 1))
    painter.setBrush(QColor(theme.raised))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), CARD_RADIUS, CARD_RADIUS)


def _paint_row(painter: QPainter, room: QRectF, row: Row, theme: Theme) -> None:
    indent = 0.0
    if row.colour is not None:
        painter.fillRect(QRectF(room.left(), room.center().y() - 1.5, SWATCH, 3), QColor(DATA[row.colour]))
        indent = SWATCH + 7
    painter.setPen(QColor(theme.secondary if row.colour is None else theme.text))
    painter.drawText(room.adjusted(indent, 0, 0, 0), MIDDLE | Qt.AlignmentFlag.AlignLeft, row.name)
    painter.setPen(QColor(theme.text))
    painter.drawText(room, MIDDLE | Qt.AlignmentFlag.AlignRight, row.value)
