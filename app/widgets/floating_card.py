"""What are the exact values there? A card beside the pointer that may reach beyond the chart it belongs to."""

from math import ceil
from typing import Final

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.widgets.chart_cards import card_size, paint_card_in
from app.widgets.marked_chart import Details

OFF: Final = 14


class FloatingCard(QWidget):
    """A child of the window, so that it is drawn over all of the page. It takes no mouse and no focus."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._details = Details("", ())
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    @property
    def host(self) -> QWidget:
        """The window that it belongs to."""
        return self._window

    @property
    def details(self) -> Details:
        """What it says."""
        return self._details

    def show_details(self, details: Details, beside: QPoint) -> None:
        """Show this right of and below a point of the window, or left of and above it where there is no room."""
        self._details = details
        size = card_size(details.title, details.rows, details.notes)
        self.resize(ceil(size.width()), ceil(size.height()))
        self.move(self._place(beside))
        self.raise_()
        self.show()
        self.update()

    def _place(self, beside: QPoint) -> QPoint:
        room = self._window.rect()
        x, y = beside.x() + OFF, beside.y() + OFF
        if x + self.width() > room.right():
            x = max(0, beside.x() - OFF - self.width())
        if y + self.height() > room.bottom():
            y = max(0, beside.y() - OFF - self.height())
        return QPoint(x, y)

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._details
        with QPainter(self) as painter:
            theme = Theme.of(self.palette())
            paint_card_in(painter, QRectF(self.rect()), shown.title, shown.rows, shown.notes, theme)
