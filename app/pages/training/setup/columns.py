"""How do the groups of inputs fit into any width? In three columns, in two, or in one, hairlines between them."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import fonts
from app.theme import Theme
from app.widgets.inspector import Section
from app.widgets.labels import Hairline

LEAST: Final = 276
"""Pixels of a column, grown with the text."""
EDGE: Final = 20


class Block(QWidget):
    """A titled group of inputs, with a hairline above unless it is the first of its column."""

    def __init__(self, title: str, caption: str = "") -> None:
        super().__init__()
        self._line = Hairline()
        self.section = Section(title, caption)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        column.addWidget(self._line)
        column.addLayout(self.section)

    def show_line(self, wanted: bool) -> None:
        """Whether there is a hairline above."""
        self._line.setVisible(wanted)


class Columns(QWidget):
    """Blocks in columns. Each stands in a column of three, or in one of two."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._blocks: tuple[tuple[Block, int, int], ...] = ()
        self._across = 3
        self._places = [QVBoxLayout() for _ in range(3)]
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for place in self._places:
            place.setSpacing(14)
            line.addLayout(place, 1)

    def place(self, blocks: Sequence[tuple[Block, int, int]]) -> None:
        """Have these blocks."""
        self._blocks = tuple(blocks)
        self._fill()

    @property
    def across(self) -> int:
        """How many columns there are."""
        return self._across

    def minimumSizeHint(self) -> QSize:
        """One column is always possible."""
        return QSize(fonts.scaled(LEAST), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(min(3, max(1, event.size().width() // fonts.scaled(LEAST))))

    def _arrange(self, across: int) -> None:
        if across != self._across:
            self._across = across
            self._fill()

    def _fill(self) -> None:
        across = self._across
        for place in self._places:
            _clear(place)
        used: set[int] = set()
        for block, of_three, of_two in self._blocks:
            at = of_three if across == 3 else of_two if across == 2 else 0
            self._places[at].addWidget(block)
            block.show_line(at in used)
            used.add(at)
        for at, place in enumerate(self._places):
            edge = EDGE if at in used else 0
            place.setContentsMargins(edge, 16 if edge else 0, edge, 16 if edge else 0)
            if edge:
                place.addStretch(1)
            line = self.layout()
            assert isinstance(line, QHBoxLayout)
            line.setStretch(at, int(at in used))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            for place in self._places[1 : self._across]:
                painter.fillRect(place.geometry().left(), 0, 1, self.height(), QColor(Theme.of(self.palette()).border))


def _clear(place: QVBoxLayout) -> None:
    """Take all out of a column. A widget's item has to be deleted, which `takeAt` leaves to nobody: as long as one
    lives, the next is not told when the widget grows, and keeps the height of before.
    """
    while (item := place.itemAt(0)) is not None:
        block = item.widget()
        if block is not None:
            place.removeWidget(block)
        else:
            place.removeItem(item)
