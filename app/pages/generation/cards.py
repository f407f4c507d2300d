"""When is the card of a token shown? Under the pointer, after a click, or opened by a key; it waits for the pointer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QRect, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.widgets.alternatives_card import TITLE, AlternativesCard, Offer
from app.widgets.said_text import SaidText

SHOW: Final = 90
SWITCH: Final = 220
"""Milliseconds until another token's card is shown: the pointer may be on its way into the present one."""
HIDE: Final = 260
NOWHERE: Final = -1


@dataclass(frozen=True)
class CardContent:
    """What a card says: rows, which of them stands in the text, the last line; how many of the rows can be taken."""

    offers: Sequence[Offer]
    said: int
    foot: str
    title: str = TITLE
    takes: int = 0


class Cards(QObject):
    """The card over a text; `content_of` says what there is about a token, or None."""

    taken = Signal(int, int)
    """A token's number, and the place of the row that the user took."""

    def __init__(self, text: SaidText, content_of: Callable[[int], CardContent | None]) -> None:
        super().__init__(text)
        self._text, self._content_of = text, content_of
        self._card: AlternativesCard | None = None
        self._number = self._wanted = self._missed = NOWHERE
        self._showing = QTimer(self, singleShot=True)
        self._hiding = QTimer(self, singleShot=True, interval=HIDE)
        self._showing.timeout.connect(lambda: self.show(self._wanted))
        self._hiding.timeout.connect(self.hide)
        text.pointed.connect(self._point_at)
        text.chosen.connect(self._chosen)
        text.opened.connect(self._open)
        text.digit.connect(self._take_by_digit)
        text.verticalScrollBar().valueChanged.connect(self.hide)
        text.reshaped.connect(self._follow)

    @property
    def card(self) -> AlternativesCard | None:
        """The card, once one was shown."""
        return self._card

    @property
    def number(self) -> int:
        """The token whose card is seen, or -1."""
        return self._number

    def show(self, number: int) -> None:
        """Show the card of a token, if there is something to say."""
        self._showing.stop()
        self._hiding.stop()
        content, box = self._content_of(number) if number != NOWHERE else None, self._box(number)
        if content is None or box is None:
            self.hide()
            self._missed = number if box is not None else NOWHERE
            return
        self._number = number
        self._made().show_offers(content.offers, content.said, content.foot, box, content.title, content.takes)

    def hide(self) -> None:
        """Take it away."""
        self._showing.stop()
        self._hiding.stop()
        self._number = self._missed = NOWHERE
        if self._card is not None and self._card.isVisible():
            had_keys = self._card.hasFocus()
            self._card.hide()
            if had_keys:
                self._text.setFocus()

    def refresh(self) -> None:
        """What is known of the token may be more by now, or of one of which nothing was known."""
        if self._missed != NOWHERE:
            self.show(self._missed if self._missed == self._text.hovered else NOWHERE)
        if self._number != NOWHERE and self._card is not None and not self._card.hasFocus():
            content = self._content_of(self._number)
            if content is None or tuple(content.offers) != tuple(self._card.offers):
                self.show(self._number)

    def _follow(self) -> None:
        """Its token may stand elsewhere in the window by now, or not be seen any more."""
        box = self._box(self._number)
        if box is None or self._card is None:
            self.hide()
        else:
            self._card.stand_at(box)

    def _box(self, number: int) -> QRect | None:
        """Where a token is in the window; None while it is not seen."""
        box, port = self._text.box_of(number), self._text.viewport()
        if number == NOWHERE or box.isEmpty() or not port.rect().intersects(box) or not self._text.isVisible():
            return None
        return QRect(port.mapTo(self._text.window(), box.topLeft()), box.size())

    def _made(self) -> AlternativesCard:
        window: QWidget = self._text.window()
        if self._card is None:
            self._card = AlternativesCard(window)
            self._card.entered.connect(self._entered)
            self._card.left.connect(self._left)
            self._card.taken.connect(lambda place: self.taken.emit(self._number, place))
        return self._card

    def _point_at(self, number: int) -> None:
        if self._card is not None and self._card.hasFocus():
            return
        if number == NOWHERE:
            self._showing.stop()
            self._hiding.start()
        elif number == self._number:
            self._showing.stop()
            self._hiding.stop()
        else:
            self._wanted = number
            self._showing.start(SHOW if self._number == NOWHERE else SWITCH)

    def _entered(self) -> None:
        self._showing.stop()
        self._hiding.stop()

    def _left(self) -> None:
        if self._card is not None and self._card.hasFocus():
            self.hide()
        else:
            self._hiding.start()

    def _take_by_digit(self, number: int, digit: int) -> None:
        """A digit means a row of the card where that is seen, else one of the table."""
        content = self._content_of(number) if number == self._number else None
        if content is None or (digit <= content.takes and digit - 1 != content.said):
            self.taken.emit(number, digit - 1)

    def _chosen(self, number: int) -> None:
        """A click shows the card at once; the arrow keys, which pass many tokens, take it away."""
        if number != NOWHERE and number == self._text.hovered:
            self.show(number)
        else:
            self.hide()

    def _open(self, number: int) -> None:
        self.show(number)
        if self._card is not None and self._card.isVisible() and self._card.offers:
            self._card.open_for_keys()
