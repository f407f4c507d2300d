"""How far apart are a few series in each of several rows? A sign for each on one scale, and a line between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.series_mark import paint_mark
from lmcore import figures

ROW: Final = 37
NAME: Final = 16
AXIS: Final = 24
SIDE: Final = 5
"""Pixels left and right of the scale, for signs at its ends."""
FIGURE: Final = 37
LEAST: Final = 6
CLOSE: Final = 4.0
"""Pixels between signs that would hide one another."""
SPREAD: Final = 4.0
"""Pixels by which those are moved apart."""


@dataclass(frozen=True)
class DumbbellRow:
    """A row's name and the value of each series, None where it is not known yet."""

    name: str
    values: tuple[float | None, ...]


class Dumbbell(QWidget):
    """Rows of values from 0 up. `what` says what they are, for those who do not see it."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self._rows: tuple[DumbbellRow, ...] = ()
        self._series: tuple[str, ...] = ()
        self._what = what
        self.setAccessibleName(what)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def rows(self) -> tuple[DumbbellRow, ...]:
        """What is drawn."""
        return self._rows

    def show_rows(self, rows: Sequence[DumbbellRow], series: Sequence[str]) -> None:
        """Draw these rows; `series` has the names of the values in them."""
        taller = len(rows) != len(self._rows)
        self._rows, self._series = tuple(rows), tuple(series)
        self.setAccessibleDescription("; ".join(map(self._in_words, self._rows)))
        if taller:
            self.updateGeometry()
        self.update()

    def _in_words(self, row: DumbbellRow) -> str:
        pairs = zip(self._series, row.values, strict=True)
        return f"{row.name}: " + ", ".join(f"{name} {figures.decimal(value, 2)}" for name, value in pairs if value)

    def sizeHint(self) -> QSize:
        return QSize(240, len(self._rows) * fonts.scaled(ROW) + fonts.scaled(AXIS))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    @property
    def _top(self) -> int:
        """The right end of the scale."""
        return max(LEAST, *(ceil(value) for row in self._rows for value in row.values if value), 0)

    def _x(self, value: float) -> float:
        return SIDE + value / self._top * (self.width() - 2 * SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_scale(painter, theme)
            for number, row in enumerate(self._rows):
                self._paint_row(painter, theme, row, number * fonts.scaled(ROW))

    def _paint_scale(self, painter: QPainter, theme: Theme) -> None:
        bottom = len(self._rows) * fonts.scaled(ROW)
        painter.setFont(fonts.AXIS.font())
        step = 1 if self._top <= 10 else ceil(self._top / 8)
        for value in range(0, self._top + 1, step):
            x = round(self._x(value))
            painter.fillRect(QRectF(x, 0, 1, bottom), QColor(theme.grid))
            painter.setPen(QColor(theme.secondary))
            area = QRectF(x - 20, bottom + 2, 40, fonts.scaled(AXIS) - 2)
            if value == 0:
                area.moveLeft(x - SIDE)
            elif value == self._top:
                area.moveRight(x + SIDE)
            sides = {0: Qt.AlignmentFlag.AlignLeft, self._top: Qt.AlignmentFlag.AlignRight}
            painter.drawText(area, sides.get(value, Qt.AlignmentFlag.AlignHCenter), str(value))

    def _paint_row(self, painter: QPainter, theme: Theme, row: DumbbellRow, top: float) -> None:
        line = QRectF(SIDE, top, self.width() - 2 * SIDE, fonts.scaled(NAME))
        figure, surround = float(fonts.scaled(FIGURE)), QColor(theme.window)
        painter.setFont(fonts.CAPTION.font())
        metrics = QFontMetricsF(fonts.CAPTION.font())
        room = line.width() - figure * len(row.values)
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, room)
        painter.fillRect(QRectF(line.left(), top, metrics.horizontalAdvance(name) + 4, line.height()), surround)
        painter.setPen(QColor(theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, name)
        for place, value in enumerate(reversed(row.values)):
            area = QRectF(line.right() - figure * (place + 1), top, figure, line.height())
            painter.fillRect(area, surround)
            painter.setPen(QColor(theme.secondary if place else theme.text))
            text = "…" if value is None else figures.decimal(value, 2)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, text)
        self._paint_signs(painter, theme, row, top + line.height() + fonts.scaled(8))

    def _paint_signs(self, painter: QPainter, theme: Theme, row: DumbbellRow, y: float) -> None:
        known = [value for value in row.values if value is not None]
        if len(known) > 1:
            painter.setPen(QPen(QColor(theme.control), 1.5))
            painter.drawLine(QPointF(self._x(min(known)), y), QPointF(self._x(max(known)), y))
        marks = [(number, self._x(value)) for number, value in enumerate(row.values) if value is not None]
        for (number, x), shift in zip(marks, apart([x for _, x in marks]), strict=True):
            paint_mark(painter, QPointF(x, y + shift), number)


def apart(places: Sequence[float]) -> list[float]:
    """How far each sign is moved down so that none hides another: those close to one another are spread evenly."""
    close = [[other for other in range(len(places)) if abs(places[other] - x) < CLOSE] for x in places]
    return [SPREAD * (group.index(one) - (len(group) - 1) / 2) for one, group in enumerate(close)]
