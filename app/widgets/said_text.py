"""How is a text shown that a model says? Tokens in lines as in a book, each on the colour of its surprise.

The text grows at its end; what is seen of it is painted, however long it is. One token can be chosen, by a click or
the arrow keys, and one is under the pointer; which of them tells what is the page's affair.
"""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea

from app import fonts
from app.theme import Theme
from app.widgets.chips import RADIUS
from app.widgets.glyphs import GlyphBatch
from app.widgets.said_layout import SaidLayout, Word
from app.widgets.token_face import Inks, TokenFace
from lmcore.bpe.display import plain

__all__ = ["SaidText", "Word"]

PITCH: Final = 32
BOX: Final = 24
CARET: Final = 8
EDGE: Final = 2
"""Pixels around the text, in which the rim of a chosen token has room."""
PART: Final = 500
"""Tokens that are set in one turn of the event loop: shaping one that was never seen takes 30 microseconds."""
DESCRIBED: Final = 2_000
"""Tokens of which a screen reader is told."""
NOWHERE: Final = -1


class SaidText(QAbstractScrollArea):
    """A text of tokens. Keys: arrows, Home, End choose; Enter and digits are told; Escape lets go."""

    pointed = Signal(int)
    """The token under the pointer, or -1."""
    chosen = Signal(int)
    """The user has chosen a token by a click or the keys, or none: -1."""
    opened = Signal(int)
    """Enter was pressed at a chosen token."""
    digit = Signal(int, int)
    """A digit from 1 to 9 was pressed at a chosen token: the token and the digit."""
    reshaped = Signal()
    """There is other room, or the letters have another size: tokens may stand elsewhere."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._words: Sequence[Word] = ()
        self._factor = fonts.factor()
        self._layout = SaidLayout(TokenFace(), 0.0)
        self._hovered = self._current = NOWHERE
        self._live = self._follows = False
        self._hint = ""
        self._turns = QTimer(self, interval=0)
        self._turns.timeout.connect(self._go_on)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setMouseTracking(True)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.viewport().setCursor(Qt.CursorShape.ArrowCursor)

    @property
    def words(self) -> Sequence[Word]:
        """What is shown."""
        return self._words

    @property
    def current(self) -> int:
        """The token that was chosen, or -1."""
        return self._current

    @property
    def hovered(self) -> int:
        """The token under the pointer, or -1."""
        return self._hovered

    @property
    def settled(self) -> bool:
        """Whether all tokens stand on their lines."""
        return len(self._layout.places) == len(self._words)

    def show_words(self, words: Sequence[Word]) -> None:
        """Show a text; what it has in common with the one before stays where it is."""
        self._follows = self._live and self._at_end()
        self._words = words
        self._layout.keep(words)
        if self._current >= len(words):
            self._current = NOWHERE
        if self._hovered >= len(words):
            self._hovered = NOWHERE
        self._go_on()

    def set_live(self, live: bool) -> None:
        """Whether more is to come: a caret stands behind the text, which is followed as long as its end is seen."""
        if live != self._live:
            self._live = live
            self.viewport().update()

    def set_hint(self, words: str) -> None:
        """What is said where there is no text."""
        self._hint = words
        self.viewport().update()

    def choose(self, number: int, *, scroll: bool = True) -> None:
        """Choose a token, or none, without telling."""
        number = number if number < len(self._words) else NOWHERE
        if number != self._current:
            self._current = number
            self.viewport().update()
        if number != NOWHERE:
            self.setAccessibleDescription(plain(self._words[number].raw))
            if scroll:
                self._scroll_to(number)

    def point_at(self, number: int) -> None:
        """Mark a token as if the pointer were over it, without telling."""
        if number != self._hovered:
            self._hovered = number
            self.viewport().update()

    def box_of(self, number: int) -> QRect:
        """The box of a token in the viewport, seen or not; an empty one while it stands nowhere."""
        if not 0 <= number < len(self._layout.places):
            return QRect()
        place = self._layout.places[number]
        return QRect(int(place.x) + EDGE, self._top_of(place.line), int(place.width) + 1, fonts.scaled(BOX))

    def _go_on(self) -> None:
        """Set another part of the text on lines."""
        done = len(self._layout.places)
        self._layout.add(self._words[done : done + PART])
        if self.settled:
            self._turns.stop()
            self._describe()
        elif not self._turns.isActive():
            self._turns.start()
        self._set_range()
        if self._follows:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        self.viewport().update()

    def _describe(self) -> None:
        if not self._live:
            self.setAccessibleDescription("".join(plain(word.raw, dots=False) for word in self._words[:DESCRIBED]))

    def _lay_out_anew(self) -> None:
        if self._factor != fonts.factor():
            self._factor, face = fonts.factor(), TokenFace()
        else:
            face = self._layout.face
        self._layout = SaidLayout(face, self.viewport().width() - 2.0 * EDGE)
        self._go_on()
        self.reshaped.emit()

    def _at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - fonts.scaled(PITCH)

    def _set_range(self) -> None:
        bar, pitch = self.verticalScrollBar(), fonts.scaled(PITCH)
        whole = (self._layout.lines - 1) * pitch + fonts.scaled(BOX) + 2 * EDGE
        bar.setRange(0, max(0, whole - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(pitch)

    def _top_of(self, line: int) -> int:
        return line * fonts.scaled(PITCH) + EDGE - self.verticalScrollBar().value()

    def _scroll_to(self, number: int) -> None:
        if number >= len(self._layout.places):
            return
        bar, top = self.verticalScrollBar(), self._layout.places[number].line * fonts.scaled(PITCH)
        lowest = top + fonts.scaled(BOX) + 2 * EDGE - self.viewport().height()
        bar.setValue(min(max(bar.value(), lowest), top))

    def _at(self, point: QPointF) -> int:
        y = point.y() + self.verticalScrollBar().value() - EDGE
        line, within = divmod(int(y), fonts.scaled(PITCH))
        return self._layout.at(line, point.x() - EDGE) if within < fonts.scaled(BOX) else NOWHERE

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out_anew()
        else:
            self._set_range()
            self.reshaped.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._factor != fonts.factor():
            self._lay_out_anew()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._go_to(NOWHERE)
        return bool(super().viewportEvent(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._go_to(self._at(event.position()))

    def _go_to(self, number: int) -> None:
        if number != self._hovered:
            self._hovered = number
            self.viewport().update()
            self.pointed.emit(number)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position()))

    def _choose(self, number: int) -> None:
        self.choose(number)
        self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, at = Qt.Key(event.key()), self._current
        if not self.settled or not self._words:
            super().keyPressEvent(event)
        elif (wanted := self._reached_by(key)) is not None:
            self._choose(max(0, min(wanted, len(self._words) - 1)))
        elif at != NOWHERE and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(at)
        elif at != NOWHERE and Qt.Key.Key_1 <= key <= Qt.Key.Key_9:
            self.digit.emit(at, key - Qt.Key.Key_0)
        elif at != NOWHERE and key == Qt.Key.Key_Escape and not self._live:
            self._choose(NOWHERE)
        else:
            event.ignore()

    def _reached_by(self, key: Qt.Key) -> int | None:
        """The token that a key leads to; None for other keys."""
        at, last = self._current, len(self._words) - 1
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            return 0 if at == NOWHERE else self._layout.beside(at, 1 if key == Qt.Key.Key_Down else -1)
        steps = {Qt.Key.Key_Right: at + 1, Qt.Key.Key_Left: at - 1, Qt.Key.Key_Home: 0, Qt.Key.Key_End: last}
        return steps.get(key)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        first = max(0, (self.verticalScrollBar().value() - EDGE) // fonts.scaled(PITCH))
        seen = range(first, min(self._layout.lines, first + self.viewport().height() // fonts.scaled(PITCH) + 2))
        with QPainter(self.viewport()) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_words(painter, theme, [n for line in seen for n in self._layout.on_line(line)])
            for number, colour, width in ((self._hovered, theme.control, 1.0), (self._current, theme.accent, 2.0)):
                if number != NOWHERE and not self.box_of(number).isEmpty():
                    self._paint_rim(painter, number, QColor(colour), width)
            if self._live and self.settled:
                self._paint_caret(painter, theme)
            if self._hint and not self._words and not self._live:
                painter.setFont(fonts.BODY.font())
                painter.setPen(QColor(theme.secondary))
                painter.drawText(self.viewport().rect(), Qt.TextFlag.TextWordWrap, self._hint)

    def _paint_words(self, painter: QPainter, theme: Theme, numbers: Sequence[int]) -> None:
        """All tints first, then all glyphs in a few calls."""
        batch, inks, box = GlyphBatch(), Inks.of_theme(theme), fonts.scaled(BOX)
        given = Inks(inks.secondary, inks.secondary)
        face = self._layout.face
        baseline = face.baseline(0, box)
        painter.setPen(Qt.PenStyle.NoPen)
        for number in numbers:
            place, level = self._layout.places[number], self._layout.words[number].level
            top = self._top_of(place.line)
            if level > 0:
                painter.setBrush(QColor(theme.surprise[level]))
                left = round(place.x) + EDGE
                painter.drawRoundedRect(QRectF(left, top, round(place.right) + EDGE - left, box), RADIUS, RADIUS)
            face.add(batch, place.form, place.x + EDGE, top + baseline, given if level == NOWHERE else inks)
        batch.draw(painter)

    def _paint_rim(self, painter: QPainter, number: int, colour: QColor, width: float) -> None:
        box = QRectF(self.box_of(number)).adjusted(-width / 2, width / 2 - 1, width / 2, 1 - width / 2)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, width))
        painter.drawRoundedRect(box, RADIUS + 1, RADIUS + 1)

    def _paint_caret(self, painter: QPainter, theme: Theme) -> None:
        places = self._layout.places
        line = self._layout.lines - 1
        x = places[-1].right + 2 if places and places[-1].line == line else 0.0
        height = fonts.scaled(18)
        top = self._top_of(line) + (fonts.scaled(BOX) - height) / 2
        left = min(x + EDGE, self.viewport().width() - CARET)
        painter.fillRect(QRectF(round(left), round(top), CARET, height), QColor(theme.accent))
