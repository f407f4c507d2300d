"""How are runs painted on their plot? Grid, raw lines, lines, rings, crosses, dots, pins and names, in this order."""

from collections.abc import Generator, Sequence
from typing import Final

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chart_axis import LABEL_GAP, Placed, Tick, paint_value_axis
from app.widgets.chart_cards import paint_dot
from app.widgets.extremes import Values
from app.widgets.run_data import Pin, row_at
from app.widgets.run_labels import last_point, paint_ends
from app.widgets.run_scene import Frame, Shown
from app.widgets.run_strokes import ASIDE, paint_line

LINE: Final = 1.5
CURRENT: Final = 2.0
RAW: Final = 1.0
RING: Final = 3.0
RING_ROOM: Final = 11
"""Pixels of the axis to a ring: of validations that are nearer to one another, the last of each such stretch."""
CROSS: Final = 4.0
PIN: Final = 3.0
PIN_ROOM: Final = 14.0
"""Pixels between the plot and the labels of its axis, where there are pins."""


def paint_runs(painter: QPainter, frame: Frame, theme: Theme, *, small: bool) -> Generator[None, None, None]:
    """The lines and what belongs to them, in parts."""
    painter.save()
    try:
        painter.setClipRect(frame.plot.adjusted(-RING, -1, RING + 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        yield from _paint_lines(painter, frame, theme, small=small)
    finally:  # who breaks off ends with the painter as it was
        painter.restore()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if not small:
        _paint_tips(painter, frame, theme)
        paint_ends(painter, frame, theme)


def _paint_lines(painter: QPainter, frame: Frame, theme: Theme, *, small: bool) -> Generator[None, None, None]:
    for shown in frame.shown:
        if shown.line.smooth is not None:
            paint_line(painter, frame, shown, RAW, raw=True)
            yield
    front = frame.shown[-1].data if frame.shown else None
    in_front = front is not None and front.current and len(front.x) > 0  # one without rows puts no other aside
    for shown in frame.shown:
        current = shown.data.current
        faint = small and not current and in_front
        paint_line(painter, frame, shown, CURRENT if current and not small else LINE, opacity=ASIDE if faint else 1.0)
        yield
    if not small:
        for shown in frame.shown:
            _paint_rings(painter, frame, shown, theme)
            yield


def rings_of(frame: Frame, shown: Shown) -> list[tuple[float, float]]:
    """Where the rings of a run stand: of the validations in each stretch of the axis the last."""
    data = shown.data
    places = frame.plot.left() + frame.x.shares(data.check_x) * frame.plot.width()
    seen = np.isfinite(data.check_y) & (places >= frame.plot.left() - 1) & (places <= frame.plot.right() + 1)
    rows = np.flatnonzero(seen)
    if len(rows) * RING_ROOM > frame.plot.width():
        stretch = (places[rows] // RING_ROOM).astype(np.int64)
        rows = rows[np.flatnonzero(np.diff(stretch, append=stretch[-1] + 1))]
        if len(rows) > 1 and places[rows[-1]] - places[rows[-2]] < RING_ROOM:
            rows = np.delete(rows, -2)
    heights = frame.plot.bottom() - frame.y.shares(data.check_y[rows]) * frame.plot.height()
    return list(zip(places[rows].tolist(), heights.tolist(), strict=True))


def _paint_rings(painter: QPainter, frame: Frame, shown: Shown, theme: Theme) -> None:
    painter.setPen(QPen(QColor(DATA[shown.data.mark.colour]), LINE))
    painter.setBrush(QColor(theme.surface))
    for x, y in rings_of(frame, shown):
        if np.isfinite(y):
            painter.drawEllipse(QPointF(x, y), RING, RING)


def _paint_tips(painter: QPainter, frame: Frame, theme: Theme) -> None:
    """A dot where a run goes on, a cross where it broke off."""
    for shown in frame.shown:
        point = last_point(shown, frame.x)
        if point is None or frame.x.share(float(shown.data.x[-1])) > 1:
            continue
        at = frame.point(*point)
        at.setY(min(max(at.y(), frame.plot.top() + CROSS), frame.plot.bottom() - CROSS))
        if shown.data.ended:
            paint_cross(painter, at, DATA[shown.data.mark.colour])
        elif shown.data.live or np.count_nonzero(np.isfinite(shown.line.main.values[:2])) == len(shown.data.x) == 1:
            paint_dot(painter, at, theme, shown.data.mark.colour)


def paint_cross(painter: QPainter, at: QPointF, colour: str) -> None:
    """An x of two strokes."""
    painter.setPen(QPen(QColor(colour), 2.0, c=Qt.PenCapStyle.RoundCap))
    for way in (1, -1):
        painter.drawLine(QLineF(at.x() - CROSS, at.y() - way * CROSS, at.x() + CROSS, at.y() + way * CROSS))


def paint_axes(painter: QPainter, frame: Frame, x: Sequence[Tick], y: Sequence[Tick], theme: Theme, pins: bool) -> None:
    """The horizontal grid with its values, and the labels below the plot."""
    values = tuple(Placed(tick, frame.y_of(tick.value)) for tick in y)
    paint_value_axis(painter, frame.plot, values, theme)
    metrics = QFontMetricsF(fonts.AXIS.font())
    top = frame.plot.bottom() + (PIN_ROOM if pins else 0)
    painter.setFont(fonts.AXIS.font())
    for tick in x:
        place, width = frame.x_of(tick.value), metrics.horizontalAdvance(tick.label)
        painter.setPen(QPen(QColor(theme.control), 1))
        painter.drawLine(QLineF(round(place) + 0.5, top, round(place) + 0.5, top + 3))
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QPointF(place - width / 2, top + LABEL_GAP + metrics.ascent()), tick.label)


def pin_place(frame: Frame, pin: Pin) -> QPointF:
    """Where a pin stands: just below the plot."""
    return QPointF(frame.x_of(pin.x), frame.plot.bottom() + PIN_ROOM - PIN - 2)


def pins_of(frame: Frame) -> list[tuple[Shown, Pin]]:
    """The pins of the current run that are within the axis."""
    current = (shown for shown in frame.shown if shown.data.current)
    return [(shown, pin) for shown in current for pin in shown.data.pins if -1e-9 <= frame.x.share(pin.x) <= 1 + 1e-9]


def paint_pins(painter: QPainter, frame: Frame, theme: Theme) -> None:
    """A checkpoint is a bar below the plot, a sample of text a diamond below that, which can be clicked."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for shown, pin in sorted(pins_of(frame), key=lambda pair: pair[1].kind):
        at, colour = pin_place(frame, pin), QColor(DATA[shown.data.mark.colour])
        if pin.kind == "checkpoint":
            painter.fillRect(QRectF(round(at.x()) - 1, frame.plot.bottom() + 1, 2, 6), QColor(theme.secondary))
        else:
            painter.setPen(QPen(QColor(theme.surface), 1))
            painter.setBrush(colour)
            half = PIN + 1
            corners = ((0, -half), (half, 0), (0, half), (-half, 0))
            painter.drawPolygon(QPolygonF([QPointF(at.x() + x, at.y() + y) for x, y in corners]))


def paint_words(painter: QPainter, room: QRectF, text: str, theme: Theme) -> None:
    """What is said where there is nothing to draw."""
    painter.setFont(fonts.CAPTION.font())
    painter.setPen(QColor(theme.secondary))
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def paint_notes(painter: QPainter, plot: QRectF, notes: Sequence[str], theme: Theme) -> None:
    """What cannot be drawn, said at the foot of the plot."""
    painter.setFont(fonts.AXIS.font())
    metrics, ground = QFontMetricsF(painter.font()), QColor(theme.surface)
    ground.setAlphaF(0.85)
    for number, note in enumerate(reversed(notes)):
        line = fonts.scaled(15)
        room = QRectF(plot.left() + 4, plot.bottom() - 3 - (number + 1) * line, 0, line)
        room.setWidth(min(plot.width() - 8, metrics.horizontalAdvance(note) + 4))
        painter.fillRect(room, ground)
        painter.setPen(QColor(theme.secondary))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, note)


def paint_places(painter: QPainter, frame: Frame, place: float, theme: Theme) -> None:
    """Dots at the rows at or before a place, on all lines that go on from there."""
    for shown in frame.shown:
        values: Values = shown.line.main.values
        row = row_at(shown.data.x, place)
        inside = 0 <= row < len(values) and shown.data.x[row] >= frame.x.low and shown.data.x[-1] >= place
        if inside and np.isfinite(values[row]):
            at = frame.point(float(shown.data.x[row]), float(values[row]))
            if frame.plot.adjusted(-2, -2, 2, 2).contains(at):
                paint_dot(painter, at, theme, shown.data.mark.colour)
