"""What does this context cost, in five figures? They follow every move of the marker."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from app.widgets.figure_cell import FigureCell
from app.widgets.labels import Hairline

NAMES: Final = (
    "FLOPs against the baseline",
    "FLOPs of one forward",
    "Share of attention",
    "KV cache",
    "Longest context",
)
FEW: Final = 3


class Figure(NamedTuple):
    """A figure, the two lines below it, and its tooltip."""

    text: str
    lines: tuple[str, str]
    told: str


class FigureStrip(QWidget):
    """Five figures beside one another; where there is no room three, and two below them."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = tuple(FigureCell(name) for name in NAMES)
        self._grid, self._lines = QGridLayout(self), list[Hairline]()
        self._across = 0
        self._build()

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show five."""
        for cell, figure in zip(self.cells, figures, strict=True):
            cell.show_figure(figure.text, figure.lines, figure.told)

    def _build(self) -> None:
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._place(len(self.cells))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() // self.cells[0].minimumSizeHint().width()
        self._place(len(self.cells) if room >= len(self.cells) else FEW)

    def minimumSizeHint(self) -> QSize:
        """As narrow as three cells, which may be in two rows by then."""
        width = self.cells[0].minimumSizeHint().width()
        return QSize(FEW * width + FEW - 1, super().minimumSizeHint().height())

    def _place(self, across: int) -> None:
        """So many cells beside one another, the others below them, hairlines between."""
        if across == self._across:
            return
        self._across = across
        while self._grid.count():
            self._grid.takeAt(0)
        for line in self._lines:
            line.deleteLater()
        self._lines = []
        for place, cell in enumerate(self.cells):
            row, column = divmod(place, across)
            self._grid.addWidget(cell, 2 * row, 2 * column)
            self._grid.setColumnStretch(2 * column, 1)
            if column:
                self._add_line(Hairline(Qt.Orientation.Vertical), 2 * row, 2 * column - 1, 1)
            elif row:
                self._add_line(Hairline(), 2 * row - 1, 0, 2 * across - 1)
        for column in range(2 * across - 1, 2 * len(self.cells)):
            self._grid.setColumnStretch(column, 0)

    def _add_line(self, line: Hairline, row: int, column: int, columns: int) -> None:
        self._grid.addWidget(line, row, column, 1, columns)
        self._lines.append(line)
