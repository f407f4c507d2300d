"""What is this page about? Its name, its question, and at the right what can be done: 64 pixels high, or more."""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.widgets.labels import ElidedLabel, Hairline, label

HEIGHT = 64


class PageHeader(QWidget):
    """The header of whichever page is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._title = label("", "title")
        self._question = ElidedLabel(role="secondary")
        self._actions = QHBoxLayout()
        self._bar: QWidget | None = None
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._build()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return hint.expandedTo(QSize(hint.width(), HEIGHT))

    def show_page(self, title: str, question: str, actions: QWidget | None = None) -> None:
        """Show a page's words and its bar of actions; the bar of the page before is kept, hidden."""
        self._title.setText(title)
        self._question.set_text(question)
        if self._bar is not None:
            self._bar.hide()
        self._bar = actions
        if actions is not None:
            self._actions.addWidget(actions)
            actions.show()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._title)
        words.addWidget(self._question)
        line = QHBoxLayout()
        line.setContentsMargins(24, 10, 24, 9)
        line.setSpacing(24)
        line.addLayout(words, 1)
        line.addLayout(self._actions)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line, 1)
        column.addWidget(Hairline())


def action_bar(actions: Sequence[QWidget]) -> QWidget:
    """A page's actions side by side. Which of them are shown is the page's affair."""
    made = QWidget()
    line = QHBoxLayout(made)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    for action in actions:
        line.addWidget(action)
    return made
