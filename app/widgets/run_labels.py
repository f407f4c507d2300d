"""Where does the name of a run stand at the end of its line? In the margin, or in the plot where it ends earlier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app import fonts
from app.theme import Theme
from app.widgets.chart_cards import STRONG
from app.widgets.fitted_names import fitted_names
from app.widgets.line_labels import spread
from app.widgets.run_data import row_at
from app.widgets.run_extent import Extent
from app.widgets.run_ground import Ground
from app.widgets.run_line import RunLine
from app.widgets.run_scene import Frame, Shown
from lmcore import figures

LINE: Final = 16
OFF: Final = 8.0
RIGHT: Final = 22
LONGEST: Final = 120.0
AT_THE_EDGE: Final = 0.97
"""From this share of the axis on, a line's end counts as the plot's."""
GROUND: Final = 0.82
"""How much of what is below a label in the plot is covered."""
MIDDLE: Final = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True)
class End:
    """The end of a line as it is seen: where, the name, and what is said of it; in `bold` of the current run.

    Of one that is not `needed` nothing is written where that would be over lines: pointing at it says as much.
    """

    at: QPointF
    name: str
    said: str
    inside: bool
    bold: bool
    below: bool
    needed: bool


def margin_of(lines: Sequence[RunLine], x: Extent) -> float:
    """The pixels that the labels right of the plot need; 0 if there are none."""
    seen = (line for line in lines if len(line.data.x) and _is_at_edge(line, x))
    return max((_width(*_text(line, x), bold=line.data.current) for line in seen), default=0.0)


def right_of(lines: Sequence[RunLine], x: Extent) -> float:
    """The pixels right of the plot: for those labels, or at least for the last one below the axis."""
    labels = margin_of(lines, x)
    return labels + OFF + 6 if labels else fonts.scaled(RIGHT)


def ends_of(frame: Frame) -> list[End]:
    """The ends of all lines that reach into the plot, their names cut so that they tell the runs apart."""
    found = [end for end in (_end(frame, shown) for shown in frame.shown) if end is not None]
    names = fitted_names([end.name for end in found], LONGEST, QFontMetricsF(fonts.AXIS.font()).horizontalAdvance)
    return [replace(end, name=name) for end, name in zip(found, names, strict=True)]


def last_point(shown: Shown, x: Extent) -> tuple[float, float] | None:
    """The last value of a main line within the axis, and its place; None where there is none."""
    values = shown.line.main.values
    row = min(row_at(shown.data.x, x.high), len(values) - 1)
    while row >= 0 and shown.data.x[row] >= x.low and not np.isfinite(values[row]):
        row -= 1
    return (float(shown.data.x[row]), float(values[row])) if row >= 0 and shown.data.x[row] >= x.low else None


def placed_ends(frame: Frame) -> list[tuple[End, QRectF]]:
    """The ends that there is room to name, and where: those in the margin apart from one another, then those inside."""
    line = float(fonts.scaled(LINE))
    ends = ends_of(frame)
    outside = _with_room([end for end in ends if not end.inside], int(frame.plot.height() / line))
    places = spread([end.at.y() for end in outside], line, frame.plot.top() + line / 2, frame.plot.bottom() - line / 2)
    rooms = [QRectF(frame.plot.right() + OFF, y - line / 2, 400, line) for y in places]
    found = list(zip(outside, rooms, strict=True))
    whole = frame.plot.adjusted(0, 0, right_of([shown.line for shown in frame.shown], frame.x), 0)
    inside = sorted((end for end in ends if end.inside), key=lambda end: (not end.bold, not end.needed))
    ground = Ground(frame) if inside else None
    for end in inside:
        room = _room(end, frame.plot, whole, [room for _end, room in found], line, ground)
        if room is not None:
            found.append((end, room))
    return found


def paint_ends(painter: QPainter, frame: Frame, theme: Theme) -> None:
    """Write the names, those in the plot on a ground that shows little of what is below."""
    for end, room in placed_ends(frame):
        if end.inside:
            ground = QColor(theme.surface)
            ground.setAlphaF(GROUND)
            painter.fillRect(room.adjusted(-2, 1, 2, -1), ground)
        _write(painter, end, room, theme)


def _with_room(ends: list[End], most: int) -> list[End]:
    """So many of them, the current run's before all: names over one another could not be read."""
    if len(ends) <= most:
        return ends
    return sorted(ends, key=lambda end: not end.bold)[: max(1, most)]


def _end(frame: Frame, shown: Shown) -> End | None:
    point = last_point(shown, frame.x)
    if point is None:
        return None
    at = frame.point(*point)
    at.setY(min(max(at.y(), frame.plot.top()), frame.plot.bottom()))
    name, said = _text(shown.line, frame.x)
    broken = bool(shown.data.went_wrong)
    inside = broken or not _is_at_edge(shown.line, frame.x)
    current, live = shown.data.current, shown.data.live and not broken
    return End(at, name, said, inside, current, live, current or live or broken)


def _is_at_edge(line: RunLine, x: Extent) -> bool:
    """Whether a line's end is seen at the right end of the plot."""
    return not line.data.went_wrong and x.share(float(line.data.x[-1])) >= AT_THE_EDGE


def _text(line: RunLine, x: Extent) -> tuple[str, str]:
    """The name and what is said behind it: how the run ended or went wrong, or its last value if that is in sight."""
    if line.data.went_wrong:
        return line.data.name, line.data.went_wrong
    known = line.main.values
    last = known[-1] if len(known) else np.nan
    in_sight = len(line.data.x) > 0 and line.data.x[-1] <= x.high
    return line.data.name, figures.significant(float(last)) if in_sight and np.isfinite(last) else ""


def _width(name: str, said: str, *, bold: bool) -> float:
    plain = QFontMetricsF(fonts.AXIS.font())
    return (
        _name_width(plain, name) + (QFontMetricsF(STRONG.font()) if bold else plain).horizontalAdvance(f" {said}") + 2
    )


def _name_width(metrics: QFontMetricsF, name: str) -> float:
    return min(LONGEST, metrics.horizontalAdvance(name))


def _room(
    end: End, plot: QRectF, inner: QRectF, taken: Sequence[QRectF], line: float, ground: Ground | None
) -> QRectF | None:
    """The first place around an end that lies in `inner` and touches no other label and no line, or at least no label.

    One that is not needed has the place to its right, or none; the current run's is written in any case.
    """
    width = _width(end.name, end.said, bold=end.bold)
    x, y = end.at.x(), end.at.y()
    level = min(max(y, plot.top() + line / 2), plot.bottom() - line / 2)  # of one at the edge, too
    right, left = QRectF(x + OFF, level - line / 2, width, line), QRectF(x - OFF - width, level - line / 2, width, line)
    below, above = (QRectF(x - width / 2, place, width, line) for place in (y + OFF, y - OFF - line))
    sides = (x + OFF, x - OFF - width)
    far = [
        QRectF(side, level + (way * rows - 0.5) * line, width, line)
        for side in sides
        for rows in (2, 3, 4)
        for way in (1, -1)
    ]
    places = [below, right, above, left, *far] if end.below else [right, left, below, above, *far]
    whole = [room for room in (places if end.needed else [right]) if inner.contains(room)]
    free = [room for room in whole if not any(room.intersects(other) for other in taken)]
    clear = next((room for room in free if ground is None or ground.is_free(room)), None)
    if clear is not None or not end.needed:
        return clear
    return next(iter([*free, *whole]), places[0]) if end.bold else next(iter(free), None)


def _write(painter: QPainter, end: End, room: QRectF, theme: Theme) -> None:
    painter.setFont(fonts.AXIS.font())
    metrics = QFontMetricsF(painter.font())
    painter.setPen(QColor(theme.text))
    painter.drawText(room, MIDDLE, end.name)
    if end.bold:
        painter.setFont(STRONG.font())
    painter.setPen(QColor(theme.text if end.bold else theme.secondary))
    room = room.adjusted(_name_width(metrics, end.name) + metrics.horizontalAdvance(" "), 0, 20, 0)
    painter.drawText(room, MIDDLE, end.said)
