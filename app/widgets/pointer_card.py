"""Where does a card beside the pointer stand? Over all of the window, on the side where there is room for it."""

from math import ceil
from typing import Final

from PySide6.QtCore import QPoint, QSizeF, Qt
from PySide6.QtWidgets import QWidget

OFF: Final = 14
"""Pixels from the pointer to the card, across and down."""


class PointerCard(QWidget):
    """A child of the window, not a window of its own: it needs no window manager and is drawn with the page.

    It takes no mouse and no focus.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def host(self) -> QWidget:
        """The window that it belongs to."""
        return self._window

    def show_beside(self, point: QPoint, size: QSizeF) -> None:
        """Show it in this size right of and below a point of the window, or on the other side of it."""
        self.resize(ceil(size.width()), ceil(size.height()))
        room = self._window.rect()
        self.move(
            _place(point.x(), self.width(), room.right()),
            _place(point.y(), self.height(), room.bottom()),
        )
        self.raise_()
        self.show()
        self.update()


def _place(at: int, length: int, room: int) -> int:
    """Behind the point; before it where that does not fit; else as far back as the window goes."""
    if at + OFF + length <= room:
        return at + OFF
    return at - OFF - length if at - OFF - length >= 0 else max(0, room - length)
