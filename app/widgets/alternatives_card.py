"""What else could it have said? A card over the page: the likeliest tokens as bars, of which one can be taken.

It is a child of the window, so that it may reach beyond the text. It follows the pointer from token to token, and stays
where the pointer goes into it; opened by a key it takes the arrows, Enter and digits.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app import fonts
from app.theme import DATA, Theme
from app.widgets.chips import fitted
from app.widgets.distribution_table import percent
from app.widgets.glyphs import GlyphBatch, GlyphCache
from app.widgets.scaled_face import ScaledFace
from app.widgets.token_face import Inks
from lmcore.bpe.display import plain

TITLE: Final = "What else could it have said?"
WIDTH: Final = 276
PAD: Final = 8
INNER: Final = 7
HEAD, ROW, FOOT = 32, 24, 38
TEXT_WIDTH, FIGURE_WIDTH, BAR = 92, 56, 7
RADIUS: Final = 8.0
GAP: Final = 6
NOWHERE: Final = -1


class Offer(NamedTuple):
    """A token that could stand there: its bytes and the model's probability."""

    raw: bytes
    probability: float


class AlternativesCard(QWidget):
    """Rows of tokens; the one that stands in the text is marked."""

    taken = Signal(int)
    """The place of the row that the user took."""
    entered = Signal()
    """The pointer has come into the card."""
    left = Signal()
    """The pointer or the keys have left it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._offers: tuple[Offer, ...] = ()
        self._said = self._under = NOWHERE
        self._takes = 0
        self._title, self._foot = TITLE, ""
        self._face = ScaledFace(fonts.MONO_TABLE)
        self._kit: tuple[float, GlyphCache, GlyphCache] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(TITLE)
        self.hide()

    @property
    def offers(self) -> Sequence[Offer]:
        """What is offered."""
        return self._offers

    @property
    def title(self) -> str:
        """What the first line says."""
        return self._title

    @property
    def foot(self) -> str:
        """What the last line says."""
        return self._foot

    @property
    def said(self) -> int:
        """The row that stands in the text, or -1."""
        return self._said

    def show_offers(
        self, offers: Sequence[Offer], said: int, foot: str, token: QRect, title: str = TITLE, takes: int = 0
    ) -> None:
        """Show these at a token's box in the window.

        The first `takes` of them can be taken, but for the one that is `said` anyway.
        """
        self._takes = takes
        self._offers, self._said, self._foot, self._title = tuple(offers), said, foot, title
        self._under = NOWHERE
        self.setAccessibleName(title)
        words = (f"{plain(one.raw)} {percent(one.probability)}" for one in offers)
        self.setAccessibleDescription(", ".join(words))
        self.stand_at(token)
        self.raise_()
        self.show()

    def stand_at(self, token: QRect) -> None:
        """Stand below a token's box in the window, or above it where there is no room."""
        last = fonts.scaled(PAD - 2 + HEAD) + len(self._offers) * fonts.scaled(ROW)
        self.resize(fonts.scaled(WIDTH), last + fonts.scaled(FOOT))
        self.move(self._place(token))
        self.update()

    def open_for_keys(self) -> None:
        """Take the keys, at the row that stands in the text."""
        self._under = max(0, self._said)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.update()

    def row_box(self, place: int) -> QRectF:
        """Where a row is."""
        top = fonts.scaled(PAD - 2 + HEAD) + place * fonts.scaled(ROW)
        return QRectF(INNER, top, self.width() - 2 * INNER, fonts.scaled(ROW))

    def _place(self, token: QRect) -> QPoint:
        room = self._window.rect()
        x = max(4, min(token.center().x() - self.width() // 3, room.right() - self.width() - 4))
        y = token.bottom() + GAP
        if y + self.height() > room.bottom() - 4:
            y = max(4, token.top() - GAP - self.height())
        return QPoint(x, y)

    def _glyphs(self) -> tuple[GlyphCache, GlyphCache]:
        if self._kit is None or self._kit[0] != fonts.factor():
            strong = fonts.TypeStyle(12, 16, fonts.SECTION.weight)
            self._kit = (fonts.factor(), GlyphCache(strong.font()), GlyphCache(fonts.TABLE.font()))
        return self._kit[1:]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, batch = Theme.of(self.palette()), GlyphBatch()
        strong, small = self._glyphs()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.control), 1))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
            left = INNER + PAD
            batch.add(strong, self._title, left, fonts.scaled(PAD + 18), QColor(theme.text))
            for place in range(len(self._offers)):
                self._paint_row(painter, batch, theme, place)
            foot = self.row_box(len(self._offers)).top() + 3
            painter.fillRect(QRectF(INNER, foot, self.width() - 2 * INNER, 1), QColor(theme.border))
            batch.add(small, self._foot, left, foot + fonts.scaled(20), QColor(theme.secondary))
            batch.draw(painter)

    def _paint_row(self, painter: QPainter, batch: GlyphBatch, theme: Theme, place: int) -> None:
        offer, box, (_, small) = self._offers[place], self.row_box(place), self._glyphs()
        painter.setPen(Qt.PenStyle.NoPen)
        if place in (self._said, self._under):
            painter.setBrush(QColor(theme.selection if place == self._said else theme.hover))
            painter.drawRoundedRect(box, 4, 4)
        if place == self._under and self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 2))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        face, left, text_width = self._face.now, box.left() + PAD, fonts.scaled(TEXT_WIDTH)
        form = fitted(face, face.form(offer.raw, dots=True), text_width)
        face.add(batch, form, left, face.baseline(box.top(), box.height()), Inks.of_theme(theme))
        figure = percent(offer.probability)
        right = box.right() - PAD
        baseline = round(box.top() + (box.height() + small.ascent - small.descent) / 2)
        batch.add(small, figure, right - small.width(figure), baseline, QColor(theme.text))
        bars = left + text_width + 8
        room = right - fonts.scaled(FIGURE_WIDTH) - bars
        highest = max((one.probability for one in self._offers), default=1.0) or 1.0
        height = fonts.scaled(BAR)
        width = max(1.0, room * offer.probability / highest)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(DATA[0]))
        painter.drawRoundedRect(QRectF(bars, round(box.center().y() - height / 2), width, height), 1.5, 1.5)

    def _at(self, point: QPointF) -> int:
        return next((n for n in range(len(self._offers)) if self.row_box(n).contains(point)), NOWHERE)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        under = self._at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._can_take(under) else Qt.CursorShape.ArrowCursor)
        if under != self._under:
            self._under = under
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton:
            self._take(place)

    def _take(self, place: int) -> None:
        if self._can_take(place):
            self.taken.emit(place)

    def _can_take(self, place: int) -> bool:
        return 0 <= place < self._takes and place != self._said

    def enterEvent(self, event: QEnterEvent) -> None:
        self.entered.emit()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.hasFocus():
            self.left.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = Qt.Key(event.key()), len(self._offers) - 1
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key)
        if step is not None:
            self._under = max(0, min(last, self._under + step))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._take(self._under)
        elif Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self._take(key - Qt.Key.Key_1)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.left.emit()
        else:
            super().keyPressEvent(event)
