"""Which bytes are the evidence? A card for each: the byte, the role of its bits, what it does; the culprit red."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.lanes_metrics import GAP
from lmcore.text.lanes import bits
from lmcore.text.malformed import Evidence

LEAST: Final = 118
HEIGHT: Final = 71
SPACE: Final = 8
PAD: Final = 10
WORDS_TOP: Final = 32
WORDS_BELOW: Final = 8
BIG: Final = fonts.TypeStyle(15, 20, family=fonts.MONO)
BITS: Final = fonts.TypeStyle(12, 20, family=fonts.MONO)


class ByteCards(QWidget):
    """The cards side by side, on further lines where there is no room."""

    def __init__(self) -> None:
        super().__init__()
        self._evidence: tuple[Evidence, ...] = ()
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """What the cards show."""
        return self._evidence

    def show_evidence(self, evidence: Sequence[Evidence]) -> None:
        """Show other cards."""
        if tuple(evidence) == self._evidence:
            return
        self._evidence = tuple(evidence)
        words = [f"{_written(one)} {one.words}" for one in self._evidence]
        self.setAccessibleName("; ".join(words))
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        lines = -(-len(self._evidence) // self._columns(width))
        return lines * self._card_height(width) + max(0, lines - 1) * SPACE

    def sizeHint(self) -> QSize:
        return QSize(3 * fonts.scaled(LEAST), self.heightForWidth(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self.heightForWidth(event.size().width()))

    def _columns(self, width: int) -> int:
        fitting = (width + SPACE) // (fonts.scaled(LEAST) + SPACE)
        return max(1, min(fitting, 3))

    def _card_width(self, width: int) -> float:
        columns = self._columns(width)
        return (width - (columns - 1) * SPACE) / columns

    def _card_height(self, width: int) -> int:
        """As high as drawn, or as the longest words need."""
        metrics = QFontMetrics(fonts.AXIS.font())
        room = QRect(0, 0, int(_words_width(self._card_width(width))), 1000)
        needed = [metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, one.words).height() for one in self._evidence]
        return max(fonts.scaled(HEIGHT), fonts.scaled(WORDS_TOP) + max(needed, default=0) + WORDS_BELOW)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, columns = Theme.of(self.palette()), self._columns(self.width())
        width, height = self._card_width(self.width()), self._card_height(self.width())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place, one in enumerate(self._evidence):
                line, column = divmod(place, columns)
                box = QRectF(column * (width + SPACE), line * (height + SPACE), width, height)
                _paint_card(painter, one, box.adjusted(0.5, 0.5, -0.5, -0.5), theme, self._glyphs())

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        """The glyphs of bytes and of bits at the present text size."""
        if self._kit is None or self._kit[0] != fonts.factor():
            self._kit = (fonts.factor(), GlyphCache(BIG.font()), GlyphCache(BITS.font()))
        return self._kit[1:]


def _words_width(card: float) -> float:
    return card - 2 * PAD + 4


def _written(one: Evidence) -> str:
    return "end" if one.byte is None else f"{one.byte:02X}"


def _paint_card(
    painter: QPainter, one: Evidence, box: QRectF, theme: Theme, glyphs: tuple[GlyphCache, GlyphCache]
) -> None:
    big, small = glyphs
    painter.setPen(QPen(QColor(theme.error if one.broken else theme.border), 1))
    painter.setBrush(QColor(theme.error_fill) if one.broken else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box, 5, 5)
    batch = GlyphBatch()
    x, baseline = box.left() + PAD, round(box.top() + fonts.scaled(24))
    batch.add(big, _written(one), x, baseline, QColor(theme.text))
    if one.byte is not None:
        digits = bits(one.byte)
        x += big.width("00") + 3 * 4 + GAP
        role = theme.error if one.broken else theme.accent
        batch.add(small, digits[: one.prefix], x, baseline, QColor(role))
        rest = x + small.width(digits[: one.prefix]) if one.prefix else x
        if one.prefix < 8:
            batch.add(small, digits[one.prefix :], rest, baseline, QColor(theme.text))
    batch.draw(painter)
    font = fonts.AXIS.font()
    painter.setFont(font)
    painter.setPen(QColor(theme.error if one.broken else theme.secondary))
    top = box.top() + fonts.scaled(WORDS_TOP)
    room = QRectF(box.left() + PAD, top, _words_width(box.width()), box.bottom() - top)
    painter.drawText(room, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, one.words)
