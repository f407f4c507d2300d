"""How are millions of pieces of a text shown? In lines that are broken at once, of which only those seen are painted.

A piece is a token of a text: `FlowView` sets them on lines by the width of their ids, scrolls, and knows which piece
the pointer or the keys are at. What a piece looks like is its subclasses' affair.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from app import fonts
from app.theme import Theme
from app.widgets.flow_keys import NOWHERE, reached_by
from app.widgets.line_pictures import LinePictures

if TYPE_CHECKING:
    from lmcore.bpe.line_breaks import Replaced
    from lmcore.bpe.live_text import Cut

Widths = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
NOTHING: Final = range(0)
LEAST_ROOM: Final = 40.0
VEIL: Final = 215
"""How much of the page's colour lies over pieces below a note, of 255."""


class Placed(NamedTuple):
    """A piece as it is seen: its number, its id, and its box in pixels of the viewport."""

    number: int
    token_id: int
    x: float
    top: int
    width: float


class FlowView(QAbstractScrollArea):
    """Pieces in lines. `pitch` is from line to line, `box` a piece's height, both as drawn; `gap` between pieces."""

    pointed = Signal(int)
    """The user is at another piece, or at none: its number or -1."""
    chosen = Signal(int)
    """The user has clicked a piece, or gone to it by keys."""

    def __init__(self, name: str, pitch: int, box: int, gap: float) -> None:
        super().__init__()
        self._pitch, self._box, self._gap = pitch, box, gap
        self._cut: Cut | None = None
        self._widths: Widths = np.zeros(1, np.float32)
        self._ends_line: Flags = np.zeros(1, np.bool_)
        self._lines: npt.NDArray[np.int32] = np.zeros(1, np.int32)
        self._hovered = self._chosen = NOWHERE
        self._marked = NOTHING
        self._note = self._hint = ""
        self._pictures = LinePictures()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)

    @property
    def cut(self) -> "Cut | None":
        """What is shown."""
        return self._cut

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._lines) - 1

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
        change = cut.change if cut is not None and steady and widths is self._widths else None
        followed = change is not None and self._cut is not None and change.of is self._cut.key
        if cut is None or self._cut is None or len(cut) != len(self._cut):
            self._hovered = self._chosen = NOWHERE
            self._marked = NOTHING
        if widths is not self._widths:
            self._pictures.forget()
        self._cut, self._widths, self._ends_line = cut, widths, ends_line
        if followed and change is not None and self.lines and self.last > NOWHERE:
            self._lay_out_after(change.pieces)
        else:
            self.lay_out()

    def _lay_out_after(self, replaced: "Replaced") -> None:
        """Break the lines anew that an edit has changed."""
        from lmcore.bpe.line_breaks import break_again

        assert self._cut is not None
        self._lines = break_again(
            self._lines, self._cut.ids, replaced, self._widths, self._ends_line, self.room, self._gap
        )
        self._show_lines()

    def lay_out(self, keep_place: bool = False) -> None:
        """Break the lines anew; `keep_place` leaves the first piece that is seen where it is."""
        first = int(self._lines[min(self._top_line(), self.lines)]) if keep_place and self.lines else NOWHERE
        if self._cut is None or not len(self._cut):
            self._lines = np.zeros(1, np.int32)
        else:
            from lmcore.bpe.line_breaks import break_lines

            self._lines = break_lines(self._cut.ids, self._widths, self._ends_line, self.room, self._gap)
        self._show_lines()
        if first > 0:
            self.verticalScrollBar().setValue(self.line_of(min(first, self.last)) * self.pitch)

    def _show_lines(self) -> None:
        self._set_range()
        self.setAccessibleDescription(f"{self.last + 1} tokens")
        self.viewport().update()

    @property
    def room(self) -> float:
        """The width of a line in pixels."""
        return max(LEAST_ROOM, float(self.viewport().width()))

    @property
    def pitch(self) -> int:
        """From line to line in pixels."""
        return fonts.scaled(self._pitch)

    @property
    def box_height(self) -> int:
        """The height of a piece in pixels."""
        return fonts.scaled(self._box)

    @property
    def last(self) -> int:
        """The number of the last piece, -1 where there is none."""
        return len(self._cut) - 1 if self._cut is not None else NOWHERE

    def placed(self) -> list[Placed]:
        """The pieces that are seen."""
        return [piece for line in self._seen() for piece in self.on_line(line)]

    def _seen(self) -> range:
        """The lines that are seen."""
        first = self._top_line()
        return range(first, min(self.lines, first + self.viewport().height() // self.pitch + 2))

    def _top_of(self, line: int) -> int:
        return line * self.pitch - self.verticalScrollBar().value()

    def piece_at(self, point: QPointF) -> int:
        """The number of the piece at a point of the viewport, or -1."""
        line = int(point.y() + self.verticalScrollBar().value()) // self.pitch
        if not 0 <= line < self.lines:
            return NOWHERE
        for piece in self.on_line(line):
            if piece.x <= point.x() < piece.x + piece.width + self._gap and point.y() < piece.top + self.box_height:
                return piece.number
        return NOWHERE

    def box_of(self, number: int) -> QRect:
        """The box of a piece in the viewport, seen or not."""
        piece = next(piece for piece in self.on_line(self.line_of(number)) if piece.number == number)
        return QRect(int(piece.x), piece.top, int(piece.width) + 1, self.box_height)

    def on_line(self, line: int, top: int | None = None) -> Iterator[Placed]:
        """The pieces of a line, at a place of their own if `top` is given."""
        assert self._cut is not None
        first, last = int(self._lines[line]), int(self._lines[line + 1])
        ids = self._cut.ids[first:last]
        widths = np.minimum(self._widths[ids].astype(np.float64), self.room)
        top = self._top_of(line) if top is None else top
        lefts = np.concatenate([np.zeros(1), np.cumsum(widths + self._gap)[:-1]])
        rows = zip(ids.tolist(), lefts.tolist(), widths.tolist(), strict=True)
        for number, (token_id, x, width) in enumerate(rows, first):
            yield Placed(number, token_id, x, top, width)

    def line_of(self, number: int) -> int:
        """The line that a piece stands on."""
        return int(np.searchsorted(self._lines, number, "right")) - 1

    def _top_line(self) -> int:
        return self.verticalScrollBar().value() // self.pitch

    def _set_range(self) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        whole = max(0, self.lines - 1) * self.pitch + self.box_height + 2 if self.lines else 0
        bar.setRange(0, max(0, whole - height))
        bar.setPageStep(height)
        bar.setSingleStep(self.pitch)

    def scroll_to(self, number: int) -> None:
        """Scroll as far as it takes to see a piece."""
        if number > self.last:
            return
        bar, top = self.verticalScrollBar(), self.line_of(number) * self.pitch
        lowest = top + self.pitch - self.viewport().height()
        bar.setValue(min(max(bar.value(), lowest), top))

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

    def _paint_lines(self, painter: QPainter, lines: range) -> None:
        """Pictures of the lines; what has changed is painted."""
        if self._cut is None or not lines:
            return
        ends = self._lines[lines.start : lines.stop + 1].tolist()
        marks, ids = self.marks_of(ends[0], ends[-1]), self._cut.ids
        self._pictures.set_shape(int(self.room), self.pitch, self.devicePixelRatioF())
        for line, (first, last) in zip(lines, pairwise(ends), strict=True):
            own = marks[first - ends[0] : last - ends[0]]
            key = ids[first:last].tobytes(), own.tobytes()
            painter.drawPixmap(0, self._top_of(line), self._pictures.get(key, partial(self._paint_line, line, own)))

    def _paint_line(self, line: int, marks: Flags, painter: QPainter) -> None:
        self.paint_pieces(painter, [*self.on_line(line, 0)], marks)

    def forget_pictures(self) -> None:
        """Pieces look otherwise from now on."""
        self._pictures.forget()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.lay_out(keep_place=True)
        else:
            self._set_range()

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
