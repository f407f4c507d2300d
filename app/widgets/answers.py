"""Which answers does a page give at a glance? Large figures side by side, each with two lines that say what it is."""

from collections.abc import Sequence
from math import ceil
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.fitting import fitting
from app.widgets.glyphs import GlyphBatch, GlyphCache

PAD_X: Final = 24
AT_RIGHT: Final = 4
PAD_Y: Final = 10
LINES: Final = 2
CELL: Final = 200
"""Pixels of a cell: its lines are up to three dozen characters."""
Tone = Literal["text", "error", "secondary"]


class Answer(NamedTuple):
    """A figure and what it is; `told` is how it was computed."""

    figure: str
    lines: tuple[str, str]
    tone: Tone = "text"
    told: str = ""


class Answers(QWidget):
    """Cells of equal width with hairlines between them, in one row, or in two where there is no room; other figures
    only repaint it.
    """

    def __init__(self, name: str, count: int) -> None:
        super().__init__()
        self._name, self._count = name, count
        self._answers: tuple[Answer, ...] = ()
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None
        self.setAccessibleName(name)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What is shown."""
        return self._answers

    def show_answers(self, answers: Sequence[Answer]) -> None:
        """Show other figures, from left to right."""
        if (made := tuple(answers)) == self._answers:
            return
        self._answers = made
        self.setAccessibleDescription("; ".join(f"{it.figure} {' '.join(it.lines)}" for it in made))
        self.update()

    def sizeHint(self) -> QSize:
        """In one row."""
        return QSize(self._count * fonts.scaled(CELL), self._row_height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._across(0) * 120, self._row_height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return -(-self._count // self._across(width)) * self._row_height()

    def _row_height(self) -> int:
        return fonts.scaled(fonts.FIGURE.line) + LINES * fonts.scaled(fonts.CAPTION.line) + 2 * PAD_Y

    def _across(self, width: int) -> int:
        """How many cells stand beside one another."""
        return self._count if width >= self._count * fonts.scaled(CELL) else -(-self._count // 2)

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(fonts.FIGURE.font()), GlyphCache(fonts.CAPTION.font()))
        return self._kit[1:]

    def _boxes(self) -> list[QRectF]:
        across, height = self._across(self.width()), self._row_height()
        ends = [round(self.width() * place / across) for place in range(across + 1)]
        places = [divmod(number, across) for number in range(self._count)]
        return [QRectF(ends[n], row * height, ends[n + 1] - ends[n], height) for row, n in places]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch = Theme.of(self.palette()), GlyphBatch()
        with QPainter(self) as painter:
            for answer, box in zip(self._answers, self._boxes(), strict=False):
                if box.left():
                    painter.fillRect(QRectF(box.left(), box.top(), 1, box.height()), QColor(theme.border))
                if box.top():
                    painter.fillRect(QRectF(box.left(), box.top(), box.width(), 1), QColor(theme.border))
                self._add(batch, answer, box.adjusted(PAD_X, PAD_Y, -AT_RIGHT, -PAD_Y), theme)
            batch.draw(painter)

    def _add(self, batch: GlyphBatch, answer: Answer, room: QRectF, theme: Theme) -> None:
        large, small = self._glyphs()
        inks = {"text": theme.text, "error": theme.error, "secondary": theme.secondary}
        line = fonts.scaled(fonts.FIGURE.line)
        at = _baseline(room.top(), line, large)
        batch.add(large, _cut(large, answer.figure, room.width()), room.left(), at, QColor(inks[answer.tone]))
        top, line = room.top() + line, fonts.scaled(fonts.CAPTION.line)
        for place, text in enumerate(answer.lines):
            at = _baseline(top + place * line, line, small)
            batch.add(small, _cut(small, text, room.width()), room.left(), at, QColor(theme.secondary))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            told = self.told_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), told, self) if told else QToolTip.hideText()
            return True
        return super().event(event)

    @property
    def cut(self) -> list[str]:
        """The lines that there is no room for."""
        _, small = self._glyphs()
        boxes = zip(self._answers, self._boxes(), strict=False)
        return [
            line for answer, box in boxes for line in answer.lines if small.width(line) > box.width() - PAD_X - AT_RIGHT
        ]

    def told_at(self, at: QPointF) -> str:
        """How the figure under a point was computed, with the whole of lines that have no room."""
        for answer, box in zip(self._answers, self._boxes(), strict=False):
            if box.contains(at):
                return answer.told or " ".join(answer.lines)
        return ""


def _baseline(top: float, line: int, cache: GlyphCache) -> float:
    return round(top + (line + cache.ascent - cache.descent) / 2)


def _cut(cache: GlyphCache, text: str, room: float) -> str:
    """As much of a line as there is room for."""
    if cache.width(text) <= room:
        return text
    return text[: fitting(cache, text, room - ceil(cache.width("…")))] + "…"
