"""How does a caption stand with its title? Beside it, or where that is narrow below it, on the lines that it takes."""

from collections.abc import Sequence
from math import ceil
from typing import Final

from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import fonts
from app.widgets.labels import ElidedLabel, label

LINE: Final = 1.07
"""Heights of a letter that a line of a caption takes."""


class CaptionedTitle(QWidget):
    """A title, its caption and what stands at the right. By the width alone, so that nothing moves with the words."""

    def __init__(self, title: QWidget, trailing: Sequence[QWidget] = (), *, least: int) -> None:
        """`least` are the pixels, at the drawn text size, from which on the caption stands beside the title."""
        super().__init__()
        self._least, self.words = least, ""
        self.caption, self.below = ElidedLabel("", "caption"), label("", "caption", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(title)
        line.addWidget(self.caption, 1)
        line.addStretch(0)
        for widget in trailing:
            line.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.below)
        self.below.hide()

    def say(self, words: str) -> None:
        """Have another caption."""
        self.caption.set_text(words)
        if words != self.words:
            self.words = words
            self.below.setText(words)
        self._fit()

    def reserve(self, lines: int) -> None:
        """Have room for so many lines of a caption below the title, however many it takes."""
        line = QFontMetricsF(fonts.CAPTION.font()).lineSpacing()
        self.below.setMinimumHeight(ceil(lines * LINE * line))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        narrow = self.width() < fonts.scaled(self._least)
        self.caption.setVisible(not narrow)
        self.below.setVisible(narrow and bool(self.words))
