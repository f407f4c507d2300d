"""Where do millions of pieces stand? In lines, broken a part in each turn, and again where an edit has changed them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea

from app import fonts
from app.widgets.flow_keys import NOWHERE

if TYPE_CHECKING:
    from lmcore.bpe.line_breaks import Breaking, Replaced
    from lmcore.bpe.live_text import Cut

Widths = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
LEAST_ROOM: Final = 40.0
PART: Final = 200_000
"""Pieces that are set on lines in a turn, in about a millisecond: eight views may do so in the same turn."""


class Placed(NamedTuple):
    """A piece as it is seen: its number, its id, and its box in pixels of the viewport."""

    number: int
    token_id: int
    x: float
    top: int
    width: float


class FlowLines(QAbstractScrollArea):
    """Pieces in lines. `pitch` is from line to line, `box` a piece's height, both as drawn; `gap` between pieces."""

    def __init__(self, pitch: int, box: int, gap: float) -> None:
        super().__init__()
        self._pitch, self._box, self._gap = pitch, box, gap
        self._cut: Cut | None = None
        self._widths: Widths = np.zeros(1, np.float32)
        self._ends_line: Flags = np.zeros(1, np.bool_)
        self._lines: npt.NDArray[np.int32] = np.zeros(1, np.int32)
        self._breaking: Breaking | None = None
        self._aside = False  # whether the lines of before are seen until all are broken anew
        self._wanted = NOWHERE  # the piece to scroll to once its line is known
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._break_on)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def cut(self) -> "Cut | None":
        """What is shown."""
        return self._cut

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._lines) - 1

    @property
    def settled(self) -> bool:
        """Whether every piece stands on its line."""
        return self._breaking is None

    def break_lines(self, cut: "Cut | None", widths: Widths, ends_line: Flags, *, steady: bool) -> None:
        """Set a cut on lines: only those that an edit has changed where nothing else has."""
        change = cut.change if cut is not None and steady and widths is self._widths else None
        followed = change is not None and self._cut is not None and change.of is self._cut.key
        self._cut, self._widths, self._ends_line = cut, widths, ends_line
        if followed and change is not None and self._breaking is None and self.lines and self.last > NOWHERE:
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
        """Break the lines anew; `keep_place` leaves the first piece that is seen where it is.

        Those that are seen at once, others in later turns. Where the place is to be kept, the lines are the same
        pieces on somewhat other lines, which stay until all are broken anew.
        """
        self._aside = keep_place and self.lines > 0 and (self._breaking is None or self._aside)
        if self._cut is None or not len(self._cut):
            self._lines, self._breaking = np.zeros(1, np.int32), None
            self._turns.stop()
            self._show_lines()
            return
        from lmcore.bpe.line_breaks import Breaking

        self._breaking = Breaking(self._cut.ids, self._widths, self._ends_line, self.room, self._gap)
        self._breaking.go_on(PART)
        seen = (self.verticalScrollBar().value() + self.viewport().height()) // self.pitch + 2
        while not (self._aside or self._breaking.done) and len(self._breaking.lines) <= seen:
            self._breaking.go_on(PART)
        self._turns.start()
        self._take_lines(self._breaking)

    def _break_on(self) -> None:
        assert self._breaking is not None
        self._breaking.go_on(PART)
        self._take_lines(self._breaking)

    def _take_lines(self, breaking: "Breaking") -> None:
        """Show what is broken by now, or all of it in the place of the lines before."""
        first = int(self._lines[min(self._top_line(), self.lines)]) if self._aside else NOWHERE
        if breaking.done:
            self._turns.stop()
            self._lines, self._breaking = breaking.lines.copy(), None
        elif not self._aside:
            self._lines = breaking.lines
        else:
            return
        self._show_lines()
        if first > 0:
            self.verticalScrollBar().setValue(self.line_of(min(first, self.last)) * self.pitch)
        if NOWHERE < self._wanted < self._lines[-1]:
            self.scroll_to(self._wanted)

    def _finish(self) -> None:
        """Break the rest now."""
        if self._breaking is not None:
            self._breaking.go_on(self.last + 1)
            self._take_lines(self._breaking)

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
        if number >= self._lines[-1]:
            self._finish()
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
        """Scroll as far as it takes to see a piece, as soon as its line is known."""
        if number > self.last:
            return
        self._wanted = number if number >= self._lines[-1] else NOWHERE
        if self._wanted != NOWHERE:
            return
        bar, top = self.verticalScrollBar(), self.line_of(number) * self.pitch
        lowest = top + self.pitch - self.viewport().height()
        bar.setValue(min(max(bar.value(), lowest), top))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.lay_out(keep_place=True)
        else:
            self._set_range()
