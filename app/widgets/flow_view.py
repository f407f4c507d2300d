"""How are millions of pieces of a text shown? In lines that are broken at once, of which only those seen are painted.

A piece is a token of a text: `FlowLines` sets them on lines by the width of their ids and scrolls, `FlowView` knows
which piece the pointer or the keys are at. What a piece looks like is its subclasses' affair.
"""

from collections.abc import Generator, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPixmap,
)
from PySide6.QtWidgets import QToolTip

from app import fonts
from app.theme import Theme
from app.widgets.flow_keys import NOWHERE, reached_by
from app.widgets.flow_lines import Flags, FlowLines, Placed, Widths
from app.widgets.line_pictures import LinePictures

if TYPE_CHECKING:
    from lmcore.bpe.live_text import Cut

NOTHING: Final = range(0)
AT_ONCE: Final = 3
"""Lines for which there is time in a turn."""
VEIL: Final = 215
"""How much of the page's colour lies over pieces below a note, of 255."""


class FlowView(FlowLines):
    """Pieces in lines. `pitch` is from line to line, `box` a piece's height, both as drawn; `gap` between pieces."""

    pointed = Signal(int)
    """The user is at another piece, or at none: its number or -1."""
    chosen = Signal(int)
    """The user has clicked a piece, or gone to it by keys."""

    def __init__(self, name: str, pitch: int, box: int, gap: float) -> None:
        super().__init__(pitch, box, gap)
        self._hovered = self._chosen = NOWHERE
        self._marked = NOTHING
        self._note = self._hint = ""
        self._pictures = LinePictures()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    @property
    def current(self) -> int:
        """The number of the piece that is pointed at, else of the one that was chosen, else -1."""
        return self._hovered if self._hovered != NOWHERE else self._chosen

    def point_at(self, number: int) -> None:
        """Mark a piece, or none, without telling; it is scrolled to."""
        self._hovered = number
        if number != NOWHERE:
            self.scroll_to(number)
        self.viewport().update()

    @property
    def marked(self) -> range:
        """The pieces that are marked while none is pointed at."""
        return self._marked

    def mark(self, pieces: range) -> None:
        """Mark pieces as long as none is pointed at here; the first of them is scrolled to."""
        if pieces:
            self.scroll_to(pieces.start)
        if pieces != self._marked:
            self._marked = pieces
            self.viewport().update()

    def set_hint(self, words: str) -> None:
        """What is said where there is no piece."""
        self._hint = words
        self.viewport().update()

    def set_note(self, words: str) -> None:
        """What is said over the pieces, which are pale meanwhile; nothing where they are what is to be seen."""
        self._note = words
        self.setAccessibleDescription(words)
        self.viewport().update()

    @property
    def said(self) -> str:
        """The hint or note that is seen."""
        return self._note or (self._hint if self._cut is not None and not len(self._cut) else "")

    def describe(self, number: int) -> str:
        """What the tooltip says of a piece."""
        raise NotImplementedError

    def paint_pieces(self, painter: QPainter, placed: Sequence[Placed], marks: Flags) -> None:
        """Paint the pieces of a line, of which some are marked."""
        raise NotImplementedError

    def paint_lit(self, painter: QPainter, placed: Sequence[Placed], lit: range, token_id: int | None) -> None:
        """Paint what is seen over the lines: pieces `lit` are pointed at or marked, others have that id, too."""
        raise NotImplementedError

    def marks_of(self, first: int, last: int) -> Flags:
        """Which of the pieces `first` to `last` (exclusive) are marked."""
        return np.zeros(last - first, np.bool_)

    def set_pieces(self, cut: "Cut | None", widths: Widths, ends_line: Flags, *, steady: bool) -> None:
        """Show a cut; `widths` in pixels and `ends_line` are by id; `steady` where the pieces of before are as wide."""
        if cut is None or self._cut is None or len(cut) != len(self._cut):
            self._hovered = self._chosen = NOWHERE
            self._marked = NOTHING
        if widths is not self._widths:
            self._pictures.forget()
        self.break_lines(cut, widths, ends_line, steady=steady)

    def _go_to(self, number: int) -> None:
        """The pointer is at a piece, or at none."""
        if number != self._hovered:
            self._hovered = number
            self.viewport().update()
            self.pointed.emit(self.current)

    def _choose(self, number: int) -> None:
        """Leave a piece marked until another is chosen."""
        self._chosen, self._hovered = number, NOWHERE
        self.viewport().update()
        self.pointed.emit(number)
        if number != NOWHERE:
            self.setAccessibleDescription(self.describe(number))

    def _tell(self, number: int) -> None:
        """Show a piece's tooltip below it."""
        if number == NOWHERE:
            QToolTip.hideText()
            return
        box = self.box_of(number)
        QToolTip.showText(self.viewport().mapToGlobal(box.bottomLeft()), self.describe(number), self.viewport(), box)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            self._paint_lines(painter, self._seen())
            pointed = NOWHERE < self.current <= self.last
            if pointed or self._marked:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                placed = self.placed()
                lit = range(self.current, self.current + 1) if pointed else self._marked
                token_id = int(self._cut.ids[self.current]) if pointed and self._cut is not None else None
                self.paint_lit(painter, placed, lit, token_id)
            if self.said:
                self._paint_words(painter, self.said)

    def _paint_words(self, painter: QPainter, words: str) -> None:
        theme, area = Theme.of(self.palette()), self.viewport().rect()
        veil = QColor(theme.surface)
        veil.setAlpha(VEIL)
        painter.fillRect(area, veil)
        painter.setFont(fonts.CAPTION.font())
        painter.setPen(QColor(theme.secondary))
        painter.drawText(area.adjusted(0, 4, 0, 0), Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, words)

    def painting(self) -> Generator[None, None, None]:
        """Paint the lines that are to be seen before they are, in turns."""
        line = self._seen().start
        while left := range(line, self._seen().stop):
            for _ in self._pictured(left[:AT_ONCE]):
                pass
            line += AT_ONCE
            yield

    def _paint_lines(self, painter: QPainter, lines: range) -> None:
        for line, picture in self._pictured(lines):
            painter.drawPixmap(0, self._top_of(line), picture)

    def _pictured(self, lines: range) -> Iterator[tuple[int, QPixmap]]:
        """Lines with their pictures; what has changed is painted."""
        if self._cut is None or not lines:
            return
        ends = self._lines[lines.start : lines.stop + 1].tolist()
        marks, ids = self.marks_of(ends[0], ends[-1]), self._cut.ids
        self._pictures.set_shape(int(self.room), self.pitch, self.devicePixelRatioF())
        for line, (first, last) in zip(lines, pairwise(ends), strict=True):
            own = marks[first - ends[0] : last - ends[0]]
            key = ids[first:last].tobytes(), own.tobytes()
            yield line, self._pictures.get(key, partial(self._paint_line, line, own))

    def _paint_line(self, line: int, marks: Flags, painter: QPainter) -> None:
        self.paint_pieces(painter, [*self.on_line(line, 0)], marks)

    def forget_pictures(self) -> None:
        """Pieces look otherwise from now on."""
        self._pictures.forget()
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tell(self.piece_at(QPointF(event.pos())))
            return True
        if event.type() == QEvent.Type.Leave:
            self._go_to(NOWHERE)
        return bool(super().viewportEvent(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(self.piece_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self.piece_at(event.position())
        self._choose(number)
        if number != NOWHERE:
            self.chosen.emit(number)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._choose(NOWHERE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        wanted = reached_by(self, Qt.Key(event.key()), self._chosen)
        if wanted is None or self.last < 0:
            super().keyPressEvent(event)
            return
        number = NOWHERE if wanted == NOWHERE else max(0, min(self.last, wanted))
        self._choose(number)
        if number != NOWHERE:
            self.scroll_to(number)
            self.chosen.emit(number)
        self._tell(number)
