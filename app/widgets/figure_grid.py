"""How do short figures with their names fit into a pane of any width? Two pairs a line, or one where that is narrow."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app import fonts
from app.widgets.labels import ElidedLabel, label

NARROW: Final = 286
"""Below so many pixels, grown with the text, two pairs have no room beside each other."""
GAP, BETWEEN = 12, 28


class FigureGrid(QWidget):
    """Names and their figures. A `long` one has a line of its own."""

    def __init__(self, names: Sequence[str], long: Sequence[str] = ()) -> None:
        super().__init__()
        self._long = frozenset(long)
        self._across = 0
        self._captions = {name: label(name, "caption") for name in names}
        self.figures = {name: ElidedLabel("", "table") for name in names}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(6)
        for column, width in ((1, GAP), (3, BETWEEN), (5, GAP)):
            self._grid.setColumnMinimumWidth(column, width)
        for figure in self.figures.values():
            figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            figure.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._arrange(2)

    @property
    def across(self) -> int:
        """How many pairs stand beside each other."""
        return self._across

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(1 if event.size().width() < fonts.scaled(NARROW) else 2)

    def _arrange(self, across: int) -> None:
        if across == self._across:
            return
        self._across = across
        place = 0
        for name, figure in self.figures.items():
            whole = name in self._long or across == 1
            place = -(-place // across) * across if whole else place
            line, side = divmod(place, across)
            self._grid.addWidget(self._captions[name], line, 4 * side)
            self._grid.addWidget(figure, line, 4 * side + 2, 1, 5 if whole else 1)
            place += across if whole else 1
        for column in (3, 5):
            self._grid.setColumnMinimumWidth(column, 0 if across == 1 else (BETWEEN if column == 3 else GAP))
        for column, share in ((2, 1), (6, 1)):
            self._grid.setColumnStretch(column, share if across == 2 or column == 2 else 0)
