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
    """Two panes. `least` are the pixels in which both can be read beside one another."""

    def __init__(self, first: QWidget, second: QWidget, names: tuple[str, str], least: Callable[[], int]) -> None:
        super().__init__()
        self._panes, self._least = (first, second), least
        self._widest = second.maximumWidth()
        self.switch = Segmented(names, "Pane that is seen")
        self._line = Hairline(Qt.Orientation.Vertical)
        head = QHBoxLayout()
        head.setContentsMargins(24, 8, 24, 0)
        head.addWidget(self.switch)
        head.addStretch(1)
        panes = QHBoxLayout()
        panes.setSpacing(0)
        panes.addWidget(first, FIRST)
        panes.addWidget(self._line)
        panes.addWidget(second, SECOND)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(panes, 1)
        self.switch.hide()
        self.switch.chosen.connect(lambda _place: self._arrange())

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
        narrow = self.is_narrow
        self.switch.setVisible(narrow)
        self._line.setVisible(not narrow)
        for place, pane in enumerate(self._panes):
            pane.setVisible(not narrow or place == self.switch.current)
        self._panes[1].setMaximumWidth(self.maximumWidth() if narrow else self._widest)
