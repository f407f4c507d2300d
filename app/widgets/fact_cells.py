"""What can stand in a cell of a table of facts? Text in several inks, a coloured square before it, bars, or a stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.theme import DATA

Ink = Literal["text", "secondary", "error", "accent"]
Face = Literal["plain", "mono", "strong"]
BAR: Final = 5
STACK: Final = 14
STACK_GAP: Final = 2
SQUARE: Final = 10
SQUARE_ROOM: Final = 18
"""Pixels from the left of a square to the text that it belongs to."""


class Run(NamedTuple):
    """A stretch of a cell's text in one ink and face."""

    text: str
    ink: Ink = "text"
    face: Face = "plain"


class Piece(NamedTuple):
    """A part of a stacked bar: its share of the whole bar and its data colour."""

    share: float
    colour: int


class Cell(NamedTuple):
    """A cell: its runs, bars below one another as long as `bars` says, or one bar of the pieces in `stack`.

    Lengths are shares of the column's width. `square` is the data colour of a square before the text, `told` what the
    pointer is told over it.
    """

    runs: tuple[Run, ...] = ()
    bars: tuple[float, ...] = ()
    square: int | None = None
    stack: tuple[Piece, ...] = ()
    told: str = ""

    @property
    def words(self) -> str:
        """The text without inks."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class Column:
    """A column: its title; numbers stand right; one that stretches takes the room that the others leave.

    Several that stretch divide the room in the ratio of their `weight`. `square` is a data colour beside the title.
    One that does not stretch is as wide as its longest cell, but at most `most` if that is given. Where there is no
    room for all, those that can be spared are left out, the greatest `spare` first.
    """

    title: str
    number: bool = False
    stretch: bool = False
    least: int = 0
    most: int = 0
    weight: int = 1
    square: int | None = None
    spare: int = 0


def text_cell(text: str, ink: Ink = "text", face: Face = "plain", square: int | None = None) -> Cell:
    """A cell of one run."""
    return Cell((Run(text, ink, face),), square=square)


def paint_bars(painter: QPainter, bars: Sequence[float], room: QRectF) -> None:
    """Bars below one another in the colours of a chart's series."""
    top = room.center().y() - (len(bars) * (BAR + 1) - 1) / 2
    for place, share in enumerate(bars):
        painter.fillRect(QRectF(room.left(), top + place * (BAR + 1), share * room.width(), BAR), QColor(DATA[place]))


def paint_stack(painter: QPainter, stack: Sequence[Piece], room: QRectF) -> None:
    """One bar of 14 pixels in pieces, gaps of 2 between them; a piece that is there is never narrower than a pixel."""
    there = [piece for piece in stack if piece.share > 0]
    top = round(room.center().y() - STACK / 2)
    done = 0.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for place, piece in enumerate(there):
        left = round(room.left() + done * room.width())
        done += piece.share
        right = round(room.left() + done * room.width()) - (STACK_GAP if place + 1 < len(there) else 0)
        painter.setBrush(QColor(DATA[piece.colour]))
        painter.drawRoundedRect(QRectF(left, top, max(1, right - left), STACK), 2, 2)


def paint_square(painter: QPainter, colour: int, left: float, middle: float) -> None:
    """The square that says which part a row or column is about."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(DATA[colour]))
    painter.drawRoundedRect(QRectF(round(left), round(middle - SQUARE / 2), SQUARE, SQUARE), 2, 2)
