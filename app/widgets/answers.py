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
PAD_Y: Final = 10
LINES: Final = 2
Tone = Literal["text", "error", "secondary"]


class Answer(NamedTuple):
    """A figure and what it is; `told` is how it was computed."""

    figure: str
    lines: tuple[str, str]
    tone: Tone = "text"
    told: str = ""


class Answers(QWidget):
    """Cells of equal width with hairlines between them, in one row; other figures only repaint it."""

    def __init__(self, name: str, count: int) -> None:
        super().__init__()
        self._name, self._count = name, count
        self._answers: tuple[Answer, ...] = ()
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

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
        height = fonts.scaled(fonts.FIGURE.line) + LINES * fonts.scaled(fonts.CAPTION.line) + 2 * PAD_Y
        return QSize(self._count * 200, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._count * 120, self.sizeHint().height())

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(fonts.FIGURE.font()), GlyphCache(fonts.CAPTION.font()))
        return self._kit[1:]

    def _boxes(self) -> list[QRectF]:
        ends = [round(self.width() * place / self._count) for place in range(self._count + 1)]
        return [QRectF(ends[n], 0, ends[n + 1] - ends[n], self.height()) for n in range(self._count)]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch = Theme.of(self.palette()), GlyphBatch()
        with QPainter(self) as painter:
            for place, (answer, box) in enumerate(zip(self._answers, self._boxes(), strict=False)):
                if place:
                    painter.fillRect(QRectF(box.left(), 0, 1, box.height()), QColor(theme.border))
                self._add(batch, answer, box.adjusted(PAD_X, PAD_Y, -8, -PAD_Y), theme)
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
