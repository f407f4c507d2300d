"""How is a job shown where it has no page of its own? A card: what, how far, how long, and Cancel.

Cancel becomes Cancelling …, and the bar goes grey, until the job has really stopped.
"""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.theme import Theme
from app.widgets.buttons import Button
from app.widgets.icon_label import IconLabel
from app.widgets.labels import label, set_role
from app.widgets.progress import ProgressLine


class JobCard(QWidget):
    """One job: `title` at the left, an amount and rate at the right, a bar, and a line of words with Cancel."""

    cancel_asked = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self._title = label(title, "table")
        self._sign = IconLabel("triangle-alert", lambda theme: theme.error, 14)
        self._amount = label("", "caption")
        self._bar = ProgressLine(title)
        self._words = label("", "caption", wrap=True)
        self._cancel = Button("Cancel", small=True, kind="quiet")
        self._build()
        self._cancel.clicked.connect(self._ask)

    def show_progress(self, fraction: float | None, amount: str, words: str) -> None:
        """How far it is, how much at which rate, and the time left."""
        self._bar.show_fraction(fraction)
        self._amount.setText(amount)
        self._words.setText(words)

    def show_cancelling(self, words: str = "finishes the piece in hand, then stops") -> None:
        """The order was given; the job has not stopped yet."""
        self._bar.show_fraction(self._bar.fraction, "idle")
        self._amount.setText("Cancelling …")
        self._words.setText(words)
        self._cancel.hide()

    def show_cancelled(self, words: str) -> None:
        """It has stopped because it was told to."""
        self._bar.show_fraction(self._bar.fraction, "idle")
        self._amount.setText("Cancelled")
        self._words.setText(words)
        self._cancel.hide()

    def show_done(self, amount: str, words: str) -> None:
        """It has come to its end."""
        self._bar.show_fraction(1.0, "done")
        self._amount.setText(amount)
        self._words.setText(words)
        self._cancel.hide()

    def show_failed(self, what: str, remedy: str) -> None:
        """It ended with an error."""
        set_role(self._amount, "error")
        self._sign.show()
        self._bar.hide()
        self._cancel.hide()
        self._amount.setText(what)
        self._words.setText(remedy)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._title, 1)
        head.addWidget(self._sign)
        head.addWidget(self._amount)
        foot = QHBoxLayout()
        foot.addWidget(self._words, 1)
        foot.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 12, 13, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addSpacing(3)
        column.addWidget(self._bar)
        column.addLayout(foot)
        self._sign.hide()

    def _ask(self) -> None:
        self.show_cancelling()
        self.cancel_asked.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = Theme.of(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
