"""How do a title, its controls and its buttons stand above a chart? In one line, or with the controls below the title.

The controls go where there is no room for them between title and buttons, as in a small window or with large text.
"""

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

GAP = 8


class SplitHead(QWidget):
    """Words at the left, of which the last takes what room is left; controls; buttons at the right."""

    def __init__(
        self, words: Sequence[QWidget], controls: Sequence[QWidget], buttons: Sequence[QWidget], margin: int
    ) -> None:
        super().__init__()
        self._words, self._controls, self._buttons = _line(words), _line(controls), _line(buttons)
        self._words.setStretch(len(words) - 1, 1)
        self._controls.addStretch(1)
        self._margin = margin
        self._split: bool | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(margin, 0, margin, 0)
        self._grid.setSpacing(GAP)
        self._grid.setVerticalSpacing(4)
        self._grid.addLayout(self._words, 0, 0)
        self._grid.addLayout(self._buttons, 0, 2)
        self._grid.setColumnStretch(0, 1)
        self._place(split=True)

    @property
    def is_split(self) -> bool:
        """Whether the controls stand below the words."""
        return bool(self._split)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def minimumSizeHint(self) -> QSize:
        """In two lines, so that it can become narrow enough for them."""
        words, controls, buttons = self._widths()
        return QSize(max(words + GAP + buttons, controls) + 2 * self._margin, super().minimumSizeHint().height())

    def fit(self) -> None:
        """Stand in one line or in two; to be called when controls were shown or hidden."""
        self._place(split=sum(self._widths()) + 2 * (GAP + self._margin) > self.width())

    def _widths(self) -> tuple[int, int, int]:
        """What words, controls and buttons need."""
        words, controls, buttons = (part.minimumSize().width() for part in (self._words, self._controls, self._buttons))
        return words, controls, buttons

    def _place(self, *, split: bool) -> None:
        if split == self._split:
            return
        self._split = split
        self._grid.removeItem(self._controls)
        if split:
            self._grid.addLayout(self._controls, 1, 0, 1, 3)
        else:
            self._grid.addLayout(self._controls, 0, 1)


def _line(widgets: Sequence[QWidget]) -> QHBoxLayout:
    made = QHBoxLayout()
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(GAP)
    for widget in widgets:
        made.addWidget(widget)
    return made
