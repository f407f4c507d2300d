"""How are inputs kept that few need? Behind a line with a chevron, which opens and closes what is below it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.buttons import Button


class Disclosure(QWidget):
    """A line of words and a body, closed at first. `body` takes the widgets and layouts."""

    toggled = Signal(bool)

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self._button = Button(words, icon="chevron-right", kind="quiet")
        self._content = QWidget(self)
        self._content.hide()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, 8, 0, 0)
        self.body.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._button)
        column.addWidget(self._content)
        self._button.clicked.connect(lambda: self.set_open(not self.is_open))
        self.set_open(False)

    @property
    def is_open(self) -> bool:
        """Whether the body is shown."""
        return not self._content.isHidden()

    def set_open(self, wanted: bool) -> None:
        """Show or hide the body."""
        changed = wanted != self.is_open
        self._content.setVisible(wanted)
        self._button.set_look(self._words, "chevron-down" if wanted else "chevron-right")
        self._button.setAccessibleDescription("open" if wanted else "closed")
        if changed:
            self.toggled.emit(wanted)
