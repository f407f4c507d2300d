"""What did the worker of a run say last? The end of its log, closed until somebody wants it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app import fonts
from app.widgets.disclosure import Disclosure

LINES: Final = 9
NOTHING: Final = "The log is empty, or is not there."


class LogView(QWidget):
    """`asked` comes when the log is to be read: where it is opened, and by `refresh` while it is open."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.disclosure = Disclosure("Last lines of the log")
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName("Last lines of the log")
        self.log.setFont(fonts.MONO_AXIS.font())
        self.log.setStyleSheet(f"font-family: '{fonts.MONO}'; font-size: {fonts.scaled(fonts.AXIS.pixels)}px;")
        self.log.setFixedHeight(fonts.scaled(fonts.AXIS.line) * LINES + 16)
        self.disclosure.body.addWidget(self.log)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.disclosure)
        self.disclosure.toggled.connect(lambda is_open: self.asked.emit() if is_open else None)

    def refresh(self) -> None:
        """The run goes on: have its log read again, if it is seen."""
        if self.disclosure.is_open:
            self.asked.emit()

    def show_log(self, lines: Sequence[str]) -> None:
        """The last lines, the newest at the end; in view, unless somebody reads further up."""
        words, bar = "\n".join(lines) or NOTHING, self.log.verticalScrollBar()
        if words == self.log.toPlainText():
            return
        follows = bar.value() == bar.maximum()
        kept = bar.value()
        self.log.setPlainText(words)
        bar.setValue(bar.maximum() if follows else kept)

    def close_log(self) -> None:
        """Another run is shown."""
        self.disclosure.set_open(False)
        self.log.clear()
