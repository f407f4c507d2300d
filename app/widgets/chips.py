"""How is a token drawn as a chip? A tint by its id, no border, its bytes as text, signs and hex; in tables, in sheets.

Models give a cell's tokens under `TOKENS_ROLE`; one token is a chip, two are "left + right".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.glyphs import GlyphBatch
from app.widgets.token_face import Form, Inks, TokenFace

TOKENS_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 1
NEWEST_ROLE: Final = int(Qt.ItemDataRole.UserRole) + 2

RADIUS: Final = 3.0
CELL_PAD: Final = 8
ROW: Final = 26
PLUS_ROOM: Final = 8.0
ELLIPSIS: Final = "…"
FIRST_SHARE: Final = 0.55  # of a narrow column: the most that the left of two chips takes

Index = QModelIndex | QPersistentModelIndex


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
) -> float:
    """Paint a chip with its left end and middle height at `at`, cut with an ellipsis at `room`; gives its width."""
    form = fitted(face, face.form(token.raw, dots=True), room - 2 * style.pad)
    box = QRectF(at.x(), round(at.y() - style.height / 2), style.width(form), style.height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.tint(token.token_id))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    batch = GlyphBatch()
    face.add(batch, form, box.x() + style.pad, face.baseline(box.y(), style.height), Inks.of_theme(theme))
    batch.draw(painter)
    return box.width()


def fitted(face: TokenFace, form: Form, room: float) -> Form:
    """The form, or as many of its cells as fit into `room` pixels with an ellipsis behind them."""
    if form.width <= room:
        return form
    ellipsis = face.form(ELLIPSIS.encode())
    kept = sum(edge.x + ellipsis.width <= room for edge in form.edges[1:])
    return face.form_of(form.cells[:kept] + ellipsis.cells)


class Kit:
    """What cells are painted with at one text size. Made once: fonts are dear to make, and a table has many cells."""

    def __init__(self) -> None:
        self.factor = fonts.factor()
        self.font, self.plus_font = fonts.TABLE.font(), fonts.AXIS.font()
        self.metrics = QFontMetricsF(self.font)
        self.plus_width = round(QFontMetricsF(self.plus_font).horizontalAdvance("+") + PLUS_ROOM)
        self.face = TokenFace(fonts.MONO_TABLE)
        self.chip = ChipStyle.in_table()


class RowDelegate(QStyledItemDelegate):
    """A table's cell: the row's colour, a hairline below, text in one of two colours."""

    def __init__(self, parent: QWidget, *, secondary: bool = False) -> None:
        super().__init__(parent)
        self._secondary = secondary
        self._kit = Kit()

    @property
    def kit(self) -> Kit:
        """What to paint with at the present text size."""
        if self._kit.factor != fonts.factor():
            self._kit = Kit()
        return self._kit

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = Theme.of(option.palette)
        painter.save()
        paint_row(painter, option, index, theme)
        self.paint_content(painter, option.rect.adjusted(CELL_PAD, 0, -CELL_PAD, 0), index, theme)
        painter.restore()

    def paint_content(self, painter: QPainter, room: QRect, index: Index, theme: Theme) -> None:
        """Paint what the cell says."""
        kit = self.kit
        alignment = index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignVCenter
        text = kit.metrics.elidedText(
            index.data(Qt.ItemDataRole.DisplayRole) or "", Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setFont(kit.font)
        painter.setPen(QColor(theme.secondary if self._secondary else theme.text))
        painter.drawText(room, int(alignment), text)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(super().sizeHint(option, index).width() + 2 * CELL_PAD, fonts.scaled(ROW))


def paint_row(painter: QPainter, option: QStyleOptionViewItem, index: Index, theme: Theme) -> None:
    """The ground of a cell: selected, newest or plain, and the hairline below it."""
    rect = option.rect
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, QColor(theme.selection))
    elif index.data(NEWEST_ROLE):
        painter.fillRect(rect, QColor(theme.accent_soft))
    painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), QColor(theme.grid))


class TokenDelegate(RowDelegate):
    """A cell of one chip, or of "left + right"."""

    def paint_content(self, painter: QPainter, room: QRect, index: Index, theme: Theme) -> None:
        tokens: Sequence[Token] = index.data(TOKENS_ROLE) or ()
        kit = self.kit
        x, middle = float(room.left()), room.top() + (room.height() - 1) / 2
        for place, token in enumerate(tokens):
            if place:
                x = self._paint_plus(painter, x, room, theme)
            left = max(0.0, room.left() + room.width() - x)
            share = left * FIRST_SHARE if place + 1 < len(tokens) else left
            x += paint_chip(painter, kit.face, token, QPointF(x, middle), theme, kit.chip, share)

    def _paint_plus(self, painter: QPainter, x: float, room: QRect, theme: Theme) -> float:
        """A plus between two chips; gives where the second begins."""
        kit = self.kit
        painter.setFont(kit.plus_font)
        painter.setPen(QColor(theme.secondary))
        box = QRectF(x, room.top(), kit.plus_width, room.height() - 1)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "+")
        return x + kit.plus_width
