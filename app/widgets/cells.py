"""How is a table's cell painted? The row's ground, a hairline below, and one text or one or two chips on it.

A screenful is a hundred cells, repainted whenever a batch comes in. So a cell asks its model once, for a `Look`, and
draws glyphs that were shaped before.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.chips import ChipStyle, Token, fitted, paint_chip
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.token_face import Inks, TokenFace
from lmcore.bpe.display import Cell

CELL_PAD: Final = 8
ROW: Final = 26
PLUS_ROOM: Final = 8.0
PLAIN_SHOWN: Final = 48  # bytes of a token without a tint: no column is wider
FIRST_SHARE: Final = 0.55  # of a narrow column: the most that the left of two chips takes

Index = QModelIndex | QPersistentModelIndex


class Look(NamedTuple):
    """What a cell shows: its text, and the tokens that are painted in place of it; in a row that is new or not."""

    text: str
    tokens: tuple[Token, ...] = ()
    newest: bool = False


class Looks(Protocol):
    """A model whose cells have looks."""

    def look(self, row: int, column: int) -> Look:
        """What a cell shows."""


@dataclass(frozen=True)
class Kit:
    """What cells are painted with at one text size. Made once: fonts are dear to make, and a table has many cells."""

    factor: float
    text: GlyphCache
    metrics: QFontMetricsF
    plus: GlyphCache
    face: TokenFace
    chip: ChipStyle

    @classmethod
    def now(cls) -> "Kit":
        """For the present text size."""
        font = fonts.TABLE.font()
        plus, face = GlyphCache(fonts.AXIS.font()), TokenFace(fonts.MONO_TABLE)
        return cls(fonts.factor(), GlyphCache(font), QFontMetricsF(font), plus, face, ChipStyle.in_table())


class CellDelegate(QStyledItemDelegate):
    """Paints the cells of a column: their text in one of two colours, at the right if `number`, or tokens as chips."""

    elided = Qt.TextElideMode.ElideRight

    def __init__(self, parent: QWidget, *, secondary: bool = False, number: bool = False) -> None:
        super().__init__(parent)
        self._secondary, self._number = secondary, number
        self._kit = Kit.now()

    @property
    def kit(self) -> Kit:
        """What to paint with at the present text size."""
        if self._kit.factor != fonts.factor():
            self._kit = Kit.now()
        return self._kit

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look = cast(Looks, index.model()).look(index.row(), index.column())
        theme, rect = Theme.of(option.palette), option.rect
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        paint_ground(painter, rect, theme.selection if selected else theme.accent_soft if look.newest else "", theme)
        room = rect.adjusted(CELL_PAD, 0, -CELL_PAD, 0)
        if look.tokens:
            self._paint_tokens(painter, room, look.tokens, theme)
        elif look.text:
            self._paint_text(painter, room, look.text, theme)

    def shape(self, look: Look) -> None:
        """Shape what a cell shows before it is painted, which takes far longer than that."""
        if look.tokens:
            self._shape_tokens(look.tokens)
        else:
            self.kit.text.shape(look.text)

    def _shape_tokens(self, tokens: tuple[Token, ...]) -> None:
        for token in tokens:
            self.kit.face.form(token.raw, dots=True)

    def _paint_text(self, painter: QPainter, room: QRect, text: str, theme: Theme) -> None:
        cache = self.kit.text
        width = cache.width(text)
        if width > room.width():
            text = self.kit.metrics.elidedText(text, self.elided, room.width())
            width = cache.width(text)
        x = room.left() + room.width() - width if self._number else room.left()
        ink = QColor(theme.secondary if self._secondary else theme.text)
        paint_line(painter, cache, text, round(x), _baseline(room, cache), ink)

    def _paint_tokens(self, painter: QPainter, room: QRect, tokens: tuple[Token, ...], theme: Theme) -> None:
        kit = self.kit
        x, middle = float(room.left()), room.top() + (room.height() - 1) / 2
        for place, token in enumerate(tokens):
            if place:
                x = self._paint_plus(painter, x, room, theme)
            left = max(0.0, room.left() + room.width() - x)
            share = left * FIRST_SHARE if place + 1 < len(tokens) else left
            x += paint_chip(painter, kit.face, token, QPointF(x, middle), theme, kit.chip, share, counted=True)

    def _paint_plus(self, painter: QPainter, x: float, room: QRect, theme: Theme) -> float:
        """A plus between two chips; gives where the second begins."""
        plus = self.kit.plus
        width = plus.width("+")
        box = round(width + PLUS_ROOM)
        paint_line(painter, plus, "+", x + (box - width) / 2, _baseline(room, plus), QColor(theme.secondary))
        return x + box

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width() + 2 * CELL_PAD, fonts.scaled(ROW))


class PlainTokensDelegate(CellDelegate):
    """Paints the tokens of a cell without their tints, in the second colour: what is there besides the row's own."""

    def _shape_tokens(self, tokens: tuple[Token, ...]) -> None:
        self.kit.face.form_of(_with_plus(self.kit.face, tokens))

    def _paint_tokens(self, painter: QPainter, room: QRect, tokens: tuple[Token, ...], theme: Theme) -> None:
        face, batch = self.kit.face, GlyphBatch()
        quiet = Inks(QColor(theme.secondary), QColor(theme.secondary))
        form = fitted(face, face.form_of(_with_plus(face, tokens)), room.width())
        face.add(batch, form, room.left(), face.baseline(room.top(), room.height() - 1), quiet)
        batch.draw(painter)


def _with_plus(face: TokenFace, tokens: tuple[Token, ...]) -> tuple[Cell, ...]:
    """The cells of all tokens, a plus between two."""
    shown: list[Cell] = []
    for place, token in enumerate(tokens):
        shown += (Cell(" + ", "text", 3),) if place else ()
        shown += face.form(token.raw[:PLAIN_SHOWN], dots=True).cells
    return tuple(shown)


def paint_ground(painter: QPainter, rect: QRect, fill: str, theme: Theme) -> None:
    """The ground of a cell, where it has a colour of its own, and the hairline below it."""
    if fill:
        painter.fillRect(rect, QColor(fill))
    painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.grid))


def paint_line(painter: QPainter, cache: GlyphCache, text: str, x: float, baseline: float, ink: QColor) -> None:
    """One line of text, from shaped glyphs."""
    batch = GlyphBatch()
    batch.add(cache, text, x, baseline, ink)
    batch.draw(painter)


def _baseline(room: QRect, cache: GlyphCache) -> float:
    """Where letters stand so that a line of type is in the middle of a cell, above its hairline."""
    return round(room.top() + (room.height() - 1 + cache.ascent - cache.descent) / 2)
