"""Which ids does a text have? The numbers in lines, one for each chip above them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS
from app.widgets.flow_lines import Flags, Placed
from app.widgets.flow_view import FlowView
from app.widgets.glyphs import GlyphBatch, GlyphCache

if TYPE_CHECKING:
    from lmcore.bpe.live_text import Cut

PITCH: Final = 18
BOX: Final = 16
LINES: Final = 3
POWERS: Final = 10 ** np.arange(1, 10)


class IdView(FlowView):
    """The ids of a text's tokens. The one that is pointed at has its chip's colour."""

    def __init__(self, name: str = "Ids") -> None:
        super().__init__(name, PITCH, BOX, 0.0)
        self._glyphs, self._factor = GlyphCache(fonts.MONO_AXIS.font()), fonts.factor()
        self._table = np.zeros(0, np.float32)  # widths by id

    def show_cut(self, cut: "Cut", ids: int) -> None:
        """Show the ids of a cut; `ids` is more than the highest that it may have."""
        if len(self._table) != ids:
            digits = np.searchsorted(POWERS, np.arange(ids), "right") + 2  # one of them is the space behind
            self._table = (digits * self._glyphs.width("0")).astype(np.float32)
        self.set_pieces(cut, self._table, np.zeros(ids, np.bool_), steady=True)

    def describe(self, number: int) -> str:
        assert self._cut is not None
        return f"id {int(self._cut.ids[number])}"

    def sizeHint(self) -> QSize:
        return QSize(200, LINES * self.pitch)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, LINES * self.pitch)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() not in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            return
        self.forget_pictures()
        if self._factor != fonts.factor():
            self._glyphs, self._factor = GlyphCache(fonts.MONO_AXIS.font()), fonts.factor()
            self.updateGeometry()
            if self._cut is not None:
                ids, self._table = len(self._table), self._table[:0]
                self.show_cut(self._cut, ids)

    def paint_pieces(self, painter: QPainter, placed: Sequence[Placed], marks: Flags) -> None:
        quiet = QColor(Theme.of(self.palette()).secondary)
        self._write(painter, [(piece, quiet) for piece in placed])

    def paint_lit(self, painter: QPainter, placed: Sequence[Placed], lit: range, token_id: int | None) -> None:
        theme = Theme.of(self.palette())
        painter.fillRect(self.viewport().rect(), QColor(theme.surface))
        painter.setPen(Qt.PenStyle.NoPen)
        for piece in placed:
            if piece.number in lit:
                painter.setBrush(theme.tint(piece.token_id))
                width = piece.width - self._glyphs.width("0")
                painter.drawRoundedRect(QRectF(piece.x - 2, piece.top, width + 4, self.box_height), RADIUS, RADIUS)
        loud, faint = QColor(theme.text), QColor(theme.disabled)
        self._write(
            painter, [(piece, loud if piece.token_id == token_id or piece.number in lit else faint) for piece in placed]
        )

    def _write(self, painter: QPainter, inked: Sequence[tuple[Placed, QColor]]) -> None:
        batch, baseline = GlyphBatch(), round((self.box_height + self._glyphs.cap_height) / 2)
        for piece, colour in inked:
            batch.add(self._glyphs, str(piece.token_id), piece.x, piece.top + baseline, colour)
        batch.draw(painter)
