"""How is a token drawn as a chip? A tint by its id, no border; its bytes as text, signs and hex."""

from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch
from app.widgets.token_face import Form, Inks, TokenFace
from lmcore.bpe.display import Cell

RADIUS: Final = 3.0
ELLIPSIS: Final = "…"
LONG_RUN, SEEN = 8, 4
"""Characters of a run that is counted where it is cut, and of those how many have to be seen."""


class Token(NamedTuple):
    """A token as tables hand it on: its bytes and its id."""

    raw: bytes
    token_id: int


@dataclass(frozen=True)
class ChipStyle:
    """A chip's height and the room left and right of its text, in pixels."""

    height: int
    pad: int

    @staticmethod
    def in_table() -> "ChipStyle":
        """Chips of a row of 26, at the present text size."""
        return ChipStyle(fonts.scaled(16), fonts.scaled(1))

    @staticmethod
    def on_sheet() -> "ChipStyle":
        """Chips that stand alone, at the present text size."""
        return ChipStyle(fonts.scaled(22), fonts.scaled(5))

    def width(self, form: Form) -> float:
        """A chip's width: its text and the padding, in whole pixels."""
        return float(round(form.width + 2 * self.pad))


def paint_chip(
    painter: QPainter,
    face: TokenFace,
    token: Token,
    at: QPointF,
    theme: Theme,
    style: ChipStyle,
    room: float = float("inf"),
    *,
    counted: bool = False,
) -> float:
    """Paint a chip with its left end and middle height at `at`, cut with an ellipsis at `room`; gives its width.

    `counted` says how long a run of one character is that has no room; then `token.raw` has to be the whole token.
    """
    form = fitted(face, face.form(token.raw, dots=True), room - 2 * style.pad, counted=counted)
    box = QRectF(at.x(), round(at.y() - style.height / 2), style.width(form), style.height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tint(token.token_id))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    batch = GlyphBatch()
    face.add(batch, form, box.x() + style.pad, face.baseline(box.y(), style.height), Inks.of_theme(theme))
    batch.draw(painter)
    return box.width()


def fitted(face: TokenFace, form: Form, room: float, *, counted: bool = False) -> Form:
    """The form, or as many of its cells as fit into `room` pixels with an ellipsis behind them.

    Where it ends in a long run of one character, `counted` says how often that is there, if there is room to say so.
    """
    if form.width <= room:
        return form
    run = _last_run(form) if counted else 0
    if run >= LONG_RUN:
        found = _cut(face, form, room, (Cell(f"{ELLIPSIS} × {run}", "sign", 1),))
        if len(found.cells) > len(form.cells) - run + SEEN:
            return found
    return _cut(face, form, room, face.form(ELLIPSIS.encode()).cells)


def _cut(face: TokenFace, form: Form, room: float, end: tuple[Cell, ...]) -> Form:
    """As many cells as fit with `end` behind them."""
    width = face.form_of(end).width
    kept = sum(edge.x + width <= room for edge in form.edges[1:])
    return face.form_of(form.cells[:kept] + end)


def _last_run(form: Form) -> int:
    """How many cells at the end are the same."""
    return sum(1 for _ in takewhile(lambda cell: cell == form.cells[-1], reversed(form.cells)))
