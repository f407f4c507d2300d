"""How do two panes share the room? Beside one another; where both have too little, one at a time."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.labels import Hairline
from app.widgets.segmented import Segmented

FIRST, SECOND = 5, 3
"""Parts of the width that they have."""


class Beside(QWidget):
    """The place of two panes."""

    def __init__(self, parent: QWidget, names: tuple[str, str]) -> None:
        super().__init__(parent)
        self._panes: tuple[QWidget, ...] = ()
        self._least: Callable[[], int] = int
        self._widest = 0
        self.switch = Segmented(names, "Pane that is seen")
        self._line = Hairline(Qt.Orientation.Vertical)
        head = QHBoxLayout()
        head.setContentsMargins(24, 8, 24, 0)
        head.addWidget(self.switch)
        head.addStretch(1)
        self._room = QHBoxLayout()
        self._room.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(self._room, 1)
        self.switch.hide()
        self.switch.chosen.connect(lambda _place: self._arrange())

    def place(self, first: QWidget, second: QWidget, least: Callable[[], int]) -> None:
        """Have these panes; `least` are the pixels in which both can be read beside one another."""
        self._panes, self._least, self._widest = (first, second), least, second.maximumWidth()
        self._room.addWidget(first, FIRST)
        self._room.addWidget(self._line)
        self._room.addWidget(second, SECOND)

    @property
    def is_narrow(self) -> bool:
        """Whether one is seen at a time."""
        return self.width() < self._least()

    def show_second(self, wanted: bool) -> None:
        """Have the second one seen, or the first, where it is one at a time."""
        self.switch.set_current(int(wanted))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        if not self._panes:
            return
        narrow = self.is_narrow
        self.switch.setVisible(narrow)
        self._line.setVisible(not narrow)
        for place, pane in enumerate(self._panes):
            pane.setVisible(not narrow or place == self.switch.current)
        self._panes[1].setMaximumWidth(self.maximumWidth() if narrow else self._widest)
