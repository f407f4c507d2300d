"""How is a text of any length shown as tokens? Chips in lines, coloured by id, of which only those seen are painted."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPen

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS, fitted
from app.widgets.flow_keys import NOWHERE
from app.widgets.flow_lines import Flags, Placed
from app.widgets.flow_view import FlowView
from app.widgets.glyphs import GlyphBatch
from app.widgets.token_face import Inks, TokenFace
from app.widgets.token_layout import GAP
from app.widgets.token_paint import CHIP
from app.widgets.token_widths import TokenWidths
from lmcore import figures
from lmcore.bpe.display import hex_bytes, plain

if TYPE_CHECKING:
    from lmcore.bpe.live_text import Cut
    from lmcore.bpe.vocab_view import VocabView

PITCH: Final = 27
LINE: Final = 1.5
DIMMED: Final = 150
"""How much of the page's colour lies over chips while one is pointed at, of 255."""
RELAY: Final = 60
"""Milliseconds between two layouts while widths are still being learnt."""
ISOLATE: Final = "\u2068{}\u2069"

Differing = Callable[["Cut", int, int], Flags]


class TokenView(FlowView):
    """The tokens of a text. One that is pointed at shows its spaces; tokens with another id are dimmed then."""

    def __init__(self, name: str = "Tokens") -> None:
        super().__init__(name, PITCH, CHIP, GAP)
        self._face, self._factor = TokenFace(), fonts.factor()
        self._look: TokenWidths | None = None
        self._differing: Differing | None = None
        self._learning = QTimer(self, interval=0)
        self._relay = QTimer(self, interval=RELAY, singleShot=True)
        self._learning.timeout.connect(self._learn)
        self._relay.timeout.connect(self._lay_out_again)

    @property
    def settled(self) -> bool:
        """Whether every width is exact."""
        return super().settled and not (self._learning.isActive() or self._relay.isActive())

    def show_cut(self, cut: "Cut", vocab: "VocabView") -> None:
        """Show a text as this vocabulary's tokens."""
        if self._look is None or self._look.vocab is not vocab:
            self._look = TokenWidths(vocab, self._face)
        steady = self.settled
        if self._look.learn(cut):
            self._learning.stop()
        else:
            self._learning.start()
        self.set_pieces(cut, self._look.pixels, vocab.ends_line, steady=steady and self.settled)

    def mark_differing(self, differing: Differing | None) -> None:
        """Draw a line below the pieces that `differing(cut, first, last)` says are cut otherwise elsewhere."""
        self._differing = differing
        self.viewport().update()

    def describe(self, number: int) -> str:
        assert self._cut is not None
        assert self._look is not None
        token_id = int(self._cut.ids[number])
        token, start = self._look.vocab[token_id], int(self._cut.starts[number])
        size = "1 byte" if len(token) == 1 else f"{len(token)} bytes"
        return (
            f"{ISOLATE.format(plain(token))}\nid {token_id}, {size} from byte {figures.count(start)} on\n"
            f"{hex_bytes(token)}"
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() not in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            return
        self.forget_pictures()
        if self._factor != fonts.factor():
            self._face, self._factor = TokenFace(), fonts.factor()
            if self._cut is not None and self._look is not None:
                vocab, self._look = self._look.vocab, None
                self.show_cut(self._cut, vocab)

    def marks_of(self, first: int, last: int) -> Flags:
        if self._differing is None or self._cut is None:
            return super().marks_of(first, last)
        return self._differing(self._cut, first, last)

    def paint_pieces(self, painter: QPainter, placed: Sequence[Placed], marks: Flags) -> None:
        theme = Theme.of(self.palette())
        self._paint_chips(painter, theme, placed)
        colour = QColor(theme.secondary)
        for piece, marked in zip(placed, marks.tolist(), strict=True):
            if marked:
                box = _box(piece, self.box_height)
                painter.fillRect(QRectF(box.left(), box.bottom() - LINE, box.width(), LINE), colour)

    def paint_lit(self, painter: QPainter, placed: Sequence[Placed], lit: range, token_id: int | None) -> None:
        theme = Theme.of(self.palette())
        veil = QColor(theme.surface)
        veil.setAlpha(DIMMED)
        painter.fillRect(self.viewport().rect(), veil)
        bright = [piece for piece in placed if piece.token_id == token_id or piece.number in lit]
        self._paint_chips(painter, theme, bright, dots=True)
        for piece in placed:
            if piece.number in lit:
                self._paint_rim(painter, theme, piece)

    def _paint_chips(self, painter: QPainter, theme: Theme, placed: Sequence[Placed], dots: bool = False) -> None:
        assert self._look is not None
        look, batch, inks, height, room = self._look, GlyphBatch(), Inks.of_theme(theme), self.box_height, self.room
        baseline = self._face.baseline(0, height)
        painter.setPen(Qt.PenStyle.NoPen)
        for piece in placed:
            form = look.form(piece.token_id)
            painter.setBrush(theme.tint(piece.token_id))
            painter.drawRoundedRect(_box(piece, height), RADIUS, RADIUS)
            shown = look.form(piece.token_id, dots=True) if dots else form
            shown = fitted(self._face, shown, room - 2 * form.pad)
            self._face.add(batch, shown, piece.x + form.pad, piece.top + baseline, inks)
        batch.draw(painter)

    def _paint_rim(self, painter: QPainter, theme: Theme, piece: Placed) -> None:
        by_key = self.hasFocus() and self._hovered == NOWHERE
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.accent if by_key else theme.control), 2 if by_key else 1))
        inset = 1.0 if by_key else 0.5
        painter.drawRoundedRect(_box(piece, self.box_height).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)

    def _lay_out_again(self) -> None:
        """Some widths are other than they were thought to be."""
        self.forget_pictures()
        self.lay_out(keep_place=True)

    def _learn(self) -> None:
        if self._cut is None or self._look is None or self._look.learn(self._cut):
            self._learning.stop()
            self._relay.stop()
            self._lay_out_again()
        elif super().settled and not self._relay.isActive():
            self._relay.start()


def _box(piece: Placed, height: int) -> QRectF:
    """A chip from whole pixel to whole pixel."""
    left = round(piece.x)
    return QRectF(left, piece.top, round(piece.x + piece.width) - left, height)
