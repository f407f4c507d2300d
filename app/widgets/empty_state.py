"""What stands where there is nothing yet? An icon, a line, a sentence, two ways on, and a hint."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.icon_label import IconLabel
from app.widgets.labels import label

MEASURE = 420


class EmptyState(QWidget):
    """Centred in its pane. The buttons are made and connected by the page."""

    def __init__(self, icon: str, line: str, sentence: str, buttons: Sequence[Button] = (), hint: str = "") -> None:
        super().__init__()
        self._line = line
        title = label(line, "section")
        words = self._words = label(sentence, "secondary", wrap=True)
        self.set_sentence(sentence)
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words.setMaximumWidth(MEASURE)
        column = QVBoxLayout(self)
        column.setSpacing(0)
        column.addStretch(1)
        column.addWidget(IconLabel(icon, size=32), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(4)
        column.addLayout(_centred([words], 1000))
        column.addSpacing(14)
        column.addLayout(_centred(buttons, 0))
        if hint:
            column.addSpacing(14)
            column.addWidget(label(hint, "caption"), 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def set_sentence(self, sentence: str) -> None:
        """Say something else below the line."""
        self._words.setText(sentence)
        self.setAccessibleName(f"{self._line}. {sentence}")


def _centred(widgets: Sequence[QWidget], stretch: int) -> QHBoxLayout:
    """Widgets in the middle; `stretch` is what they take before the margins do."""
    line = QHBoxLayout()
    line.setSpacing(8)
    line.addStretch(1)
    for widget in widgets:
        line.addWidget(widget, stretch)
    line.addStretch(1)
    return line
