"""What are the exact values there? A card beside the pointer that may reach beyond the chart it belongs to."""

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.theme import Theme
from app.widgets.chart_cards import card_size, paint_card_in
from app.widgets.marked_chart import Details
from app.widgets.pointer_card import PointerCard


class FloatingCard(PointerCard):
    """A title, rows of figures, and notes."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._details = Details("", ())

    @property
    def details(self) -> Details:
        """What it says."""
        return self._details

    def show_details(self, details: Details, beside: QPoint) -> None:
        """Show this beside a point of the window."""
        self._details = details
        self.show_beside(beside, card_size(details.title, details.rows, details.notes))

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._details
        with QPainter(self) as painter:
            theme = Theme.of(self.palette())
            paint_card_in(painter, QRectF(self.rect()), shown.title, shown.rows, shown.notes, theme)
