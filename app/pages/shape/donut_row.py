"""How much is it, and of what? Three donuts side by side: parameters, FLOPs and memory, each with its convention."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.donut import Donut, Slice, room_beside
from app.widgets.labels import Hairline, LiveCaption, label

NAMES: Final = ("Parameters", "FLOPs", "Memory")
MARGIN: Final = 24
AT_RIGHT: Final = 10


class Pie(NamedTuple):
    """What a donut shows: its slices, the total inside in figure and unit, and the words beside its title."""

    slices: tuple[Slice, ...]
    total: str
    unit: str
    caption: str


class DonutRow(QWidget):
    """The three donuts. Other figures repaint them; nothing is laid out anew.

    Where there is no room for legends beside the rings, they stand below, and captions below their titles.
    """

    chosen = Signal(int, int)
    """A donut and the place of the part in it that the user chose."""

    def __init__(self) -> None:
        super().__init__()
        self.donuts = [Donut(name) for name in NAMES]
        self.captions = [LiveCaption() for _ in NAMES]
        self._heads: list[QBoxLayout] = []
        self._panes: list[QVBoxLayout] = []
        self._build()
        for number, donut in enumerate(self.donuts):
            donut.chosen.connect(lambda place, number=number: self.chosen.emit(number, place))

    def show_pies(self, pies: Sequence[Pie]) -> None:
        """Show other figures, in the order of the names."""
        for pie, donut, caption in zip(pies, self.donuts, self.captions, strict=True):
            donut.show_slices(pie.slices, pie.total, pie.unit)
            caption.set_text(pie.caption)

    def _build(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for number, name in enumerate(NAMES):
            if number:
                line.addWidget(Hairline(Qt.Orientation.Vertical))
            line.addLayout(self._pane(name, number), 1)

    def _pane(self, name: str, number: int) -> QVBoxLayout:
        head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        head.setSpacing(8)
        head.addWidget(label(name, "section"))
        head.addWidget(self.captions[number], 1)
        column = QVBoxLayout()
        column.setContentsMargins(MARGIN, 12, AT_RIGHT, 12)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.donuts[number])
        column.addStretch(1)
        self._heads.append(head)
        self._panes.append(column)
        return column

    def set_compact(self, compact: bool) -> None:
        """Take less room above and below."""
        edge = 8 if compact else 12
        for pane in self._panes:
            pane.setContentsMargins(MARGIN, edge, AT_RIGHT, edge)
            pane.setSpacing(2 if compact else 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        stacked = (self.width() - 2) // len(NAMES) - MARGIN - AT_RIGHT < room_beside()
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        for donut, head in zip(self.donuts, self._heads, strict=True):
            donut.set_stacked(stacked)
            head.setDirection(direction)
            head.setSpacing(0 if stacked else 8)
