"""How are curves shown where no window explains them? On a sheet with title, names of the axes, and a legend in full.

A sheet is as large as it needs to be, on the light ground, whatever the window is like.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from app import fonts
from app.theme import Theme
from app.widgets.chart_axis import Tick
from app.widgets.run_labels import OFF, margin_of
from app.widgets.run_line import RunLine
from app.widgets.run_paint import PIN_ROOM, paint_axes, paint_notes, paint_pins, paint_runs, paint_words
from app.widgets.run_scene import Frame, Scene
from lmcore.generators import result_of

WIDTH: Final = 1000
PLOT: Final = 380
PAD: Final = 24
LEFT: Final = 64
SWATCH: Final = 24
GAP: Final = 20
LINES: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
WORD: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
Ticks = Callable[[Frame], tuple[Sequence[Tick], Sequence[Tick]]]


@dataclass(frozen=True)
class SheetWords:
    """What a sheet says: its title, a note on what is drawn how, the axes with their units, whole names by key."""

    title: str
    note: str
    x_name: str
    y_name: str
    names: Mapping[Hashable, str] = field(default_factory=dict)


class Sheet:
    """Runs of a scene with everything that is needed to read them; `ticks` are those of a frame."""

    def __init__(self, scene: Scene, words: SheetWords, ticks: Ticks, notes: Callable[[], Sequence[str]]) -> None:
        self._scene, self._words, self._ticks, self._notes = scene, words, ticks, notes
        self._note_height = self._height_of(words.note)
        self._legend = self._rows()

    @property
    def size(self) -> QSize:
        """Its size in pixels."""
        foot = fonts.scaled(fonts.AXIS.line) * (len(self._legend) + 3) + PIN_ROOM + 16
        return QSize(WIDTH, round(self._top + PLOT + foot + PAD))

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Paint all of it."""
        painter.fillRect(QRectF(0, 0, WIDTH, self.size.height()), QColor(theme.surface))
        self._paint_head(painter, theme)
        if not any(len(line.data.x) for line in self._scene.lines):
            paint_words(painter, QRectF(PAD, self._top, WIDTH - 2 * PAD, PLOT), "No rows.", theme)
            return
        frame = self._scene.frame(self._plot())
        x, y = self._ticks(frame)
        has_pins = any(line.data.pins for line in self._scene.lines)
        paint_axes(painter, frame, x, y, theme, has_pins)
        result_of(paint_runs(painter, frame, theme, small=False))
        paint_pins(painter, frame, theme)
        paint_notes(painter, frame.plot, self._notes(), theme)
        self._paint_foot(painter, frame.plot, theme)

    @property
    def _top(self) -> float:
        """Where the plot begins: below title, note and the name of the values."""
        return PAD + fonts.scaled(fonts.SECTION.line) + 4 + self._note_height + fonts.scaled(fonts.AXIS.line) + 14

    def _plot(self) -> QRectF:
        labels = margin_of(self._scene.lines, self._scene.x_extent())
        left, right = fonts.scaled(LEFT), PAD + (labels + OFF + 6 if labels else 0)
        return QRectF(QRectF(left, self._top, WIDTH - left - right, PLOT).toRect())

    def _height_of(self, text: str) -> float:
        metrics = QFontMetricsF(fonts.CAPTION.font())
        return metrics.boundingRect(QRectF(0, 0, WIDTH - 2 * PAD, 400), int(LINES), text).height() if text else 0.0

    def _paint_head(self, painter: QPainter, theme: Theme) -> None:
        room = QRectF(PAD, PAD, WIDTH - 2 * PAD, fonts.scaled(fonts.SECTION.line))
        painter.setFont(fonts.SECTION.font())
        painter.setPen(QColor(theme.text))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._words.title)
        painter.setFont(fonts.CAPTION.font())
        painter.setPen(QColor(theme.secondary))
        painter.drawText(QRectF(PAD, room.bottom() + 4, room.width(), self._note_height + 2), LINES, self._words.note)
        painter.setFont(fonts.AXIS.font())
        painter.drawText(QPointF(PAD, self._top - 14), self._words.y_name)

    def _paint_foot(self, painter: QPainter, plot: QRectF, theme: Theme) -> None:
        line = float(fonts.scaled(fonts.AXIS.line))
        painter.setFont(fonts.AXIS.font())
        painter.setPen(QColor(theme.secondary))
        room = QRectF(plot.left(), plot.bottom() + PIN_ROOM + line + 8, plot.width(), line)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, self._words.x_name)
        room = QRectF(PAD, room.bottom() + line / 2, 0, line)
        for row in self._legend:
            left = float(PAD)
            for one, text, width in row:
                painter.setPen(one.data.mark.pen(2))
                middle = round(room.center().y())
                painter.drawLine(QLineF(left, middle, left + SWATCH, middle))
                painter.setPen(QColor(theme.text))
                painter.drawText(QRectF(left + SWATCH + 6, room.top(), width, line), WORD, text)
                left += SWATCH + 6 + width + GAP
            room.translate(0, line)

    def _rows(self) -> list[list[tuple[RunLine, str, float]]]:
        """The legend: each line with its whole name and the width of that, in as many rows as it takes."""
        metrics, lines = QFontMetricsF(fonts.AXIS.font()), {line.data.key: line for line in self._scene.lines}
        rows: list[list[tuple[RunLine, str, float]]] = [[]]
        left = WIDTH - 2.0 * PAD
        for key, name in self._words.names.items():
            if key not in lines:
                continue
            ended = lines[key].data.went_wrong
            text = f"{name}, {ended}" if ended else name
            width = metrics.horizontalAdvance(text) + 2
            if rows[-1] and left < SWATCH + 6 + width:
                rows.append([])
                left = WIDTH - 2.0 * PAD
            rows[-1].append((lines[key], text, width))
            left -= SWATCH + 6 + width + GAP
        return rows
