"""Does it fit? The answers that are asked most, in one line that stays at the foot of the page."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.icon_label import IconLabel
from app.widgets.labels import LiveCaption
from app.widgets.window_size import is_small

MARGIN = 24


class FitLine(QWidget):
    """The line; `more` when the user wants all answers."""

    more = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = LiveCaption()
        self.button = Button("Fit and time", icon="clock", kind="quiet", small=True)
        self.button.clicked.connect(self.more)
        line = QHBoxLayout(self)
        line.setSpacing(12)
        line.addWidget(IconLabel("clock"))
        line.addWidget(self.words, 1)
        line.addWidget(self.button)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        edge = 2 if is_small(self.window()) else 6
        line = self.layout()
        if line is not None:
            line.setContentsMargins(MARGIN, edge, MARGIN, edge)

    def show_words(self, words: str) -> None:
        """Show other answers."""
        self.words.set_text(words)
