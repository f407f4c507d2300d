"""How is a stack of areas drawn? Fills of 62 %, edges of 2 pixels; names, ticks and crossings around them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import LABEL_GAP, Placed, Tick
from app.widgets.line_labels import spread

FILL: Final = 0.62
EDGE: Final = 2.0
TICK: Final = 5.0
ROW: Final = 16
DASH: Final = [3.0, 3.0]
LEFT_OF: Final = 6.0
BOLD: Final = fonts.TypeStyle(11, 14, QFont.Weight.DemiBold)


class Area(NamedTuple):
    """A part: its name, its data colour, and what is written beside its name, left of the plot."""

    name: str
    colour: int
    beside: str = ""


class Line(NamedTuple):
    """A dotted line at a pixel: its number in bold, and what it means."""

    number: str
    words: str
    at: float


def paint_areas(
    painter: QPainter, plot: QRectF, lines: Sequence[Sequence[QPointF]], colours: Sequence[int], theme: Theme
) -> None:
    """Areas from the bottom of the plot up, each below its line, which is its edge where it is inside."""
    painter.save()
    painter.setClipRect(plot)
    below = [QPointF(lines[0][0].x(), plot.bottom()), QPointF(lines[0][-1].x(), plot.bottom())] if lines else []
    painter.setPen(Qt.PenStyle.NoPen)
    for line, colour in zip(lines, colours, strict=True):
        painter.setBrush(_filling(DATA[colour], theme.surface))
        painter.drawPolygon(QPolygonF([*line, *reversed(below)]))
        below = list(line)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for line, colour in zip(lines, colours, strict=True):
        if all(point.y() <= plot.top() for point in line):
            continue
        painter.setPen(QPen(QColor(DATA[colour]), EDGE))
        painter.drawPolyline(QPolygonF(list(line)))
    painter.restore()


def paint_ticks(painter: QPainter, plot: QRectF, ticks: Sequence[Placed], theme: Theme) -> None:
    """Short lines below the plot, with their labels: the first and the last within the ends of the plot."""
    metrics = QFontMetricsF(fonts.AXIS.font())
    painter.setFont(fonts.AXIS.font())
    for placed in ticks:
        x = min(round(placed.at), int(plot.right()) - 1) + 0.5
        painter.setPen(QPen(QColor(theme.control), 1))
        painter.drawLine(QLineF(x, plot.bottom(), x, plot.bottom() + TICK))
        painter.setPen(QColor(theme.secondary))
        width = metrics.horizontalAdvance(placed.tick.label)
        left = min(max(plot.left(), placed.at - width / 2), plot.right() - width)
        painter.drawText(QPointF(round(left), plot.bottom() + LABEL_GAP + metrics.ascent()), placed.tick.label)


def _filling(colour: str, ground: str) -> QColor:
    """A data colour at 62 % over the ground, mixed beforehand: to blend every pixel takes several milliseconds."""
    over, under = QColor(colour), QColor(ground)
    pairs = ((over.red(), under.red()), (over.green(), under.green()), (over.blue(), under.blue()))
    return QColor(*(round(below + (above - below) * FILL) for above, below in pairs))


def names_room(areas: Sequence[Area]) -> float:
    """The pixels that the names of areas need left of a plot."""
    metrics = QFontMetricsF(fonts.TABLE.font())
    return _widest([area.name for area in areas], metrics) + _widest([a.beside for a in areas], metrics) + 2 * LABEL_GAP


def ticks_room(ticks: Sequence[Tick]) -> float:
    """The pixels that the labels of values need left of a plot."""
    return _widest([tick.label for tick in ticks], QFontMetricsF(fonts.AXIS.font())) + LABEL_GAP


def paint_names(painter: QPainter, plot: QRectF, areas: Sequence[Area], middles: Sequence[float], theme: Theme) -> None:
    """Names left of the plot, as near to the middles of their areas as they fit above one another."""
    line, font = float(fonts.scaled(ROW)), fonts.TABLE.font()
    beside = _widest([area.beside for area in areas], QFontMetricsF(font)) + LABEL_GAP
    places = spread(middles, line, plot.top() + 2, plot.bottom() - line / 2)
    painter.setFont(font)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for area, at in zip(areas, places, strict=True):
        room = QRectF(0, at - line / 2, plot.left() - LABEL_GAP, line)
        painter.setPen(QColor(theme.secondary))
        painter.drawText(room, right, area.beside)
        painter.setPen(QColor(theme.text))
        painter.drawText(room.adjusted(0, 0, -beside, 0), right, area.name)


def _widest(texts: Sequence[str], metrics: QFontMetricsF) -> float:
    return max((metrics.horizontalAdvance(text) for text in texts), default=0.0)


def paint_crossings(painter: QPainter, plot: QRectF, lines: Sequence[Line], theme: Theme) -> None:
    """Dotted lines through the plot, each with its words left of its upper end, the first the lowest."""
    pen = QPen(QColor(theme.text), 1.0, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
    pen.setDashPattern(DASH)
    for number, line in enumerate(lines, 1):
        top = plot.top() - number * fonts.scaled(ROW)
        painter.setPen(pen)
        painter.drawLine(QLineF(round(line.at) + 0.5, top + 3, round(line.at) + 0.5, plot.bottom()))
        _paint_words(painter, line, top, theme)


def _paint_words(painter: QPainter, line: Line, top: float, theme: Theme) -> None:
    """The number and its words end left of the line, or begin right of it where the left has no room."""
    strong, quiet = QFontMetricsF(BOLD.font()), QFontMetricsF(fonts.AXIS.font())
    number, words = strong.horizontalAdvance(line.number), quiet.horizontalAdvance(f" {line.words}")
    left = line.at - LEFT_OF - number - words
    left = round(left if left >= 2 else line.at + LEFT_OF)
    baseline = top + fonts.scaled(ROW) / 2 + strong.capHeight() / 2
    painter.setFont(BOLD.font())
    painter.setPen(QColor(theme.text))
    painter.drawText(QPointF(left, baseline), line.number)
    painter.setFont(fonts.AXIS.font())
    painter.setPen(QColor(theme.secondary))
    painter.drawText(QPointF(left + number, baseline), f" {line.words}")
