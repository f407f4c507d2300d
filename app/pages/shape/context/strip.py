"""What does this context cost, in five figures? They follow every move of the marker."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.figure_cell import FigureCell
from app.widgets.labels import Hairline

NAMES: Final = (
    "FLOPs against the baseline",
    "FLOPs of one forward",
    "Share of attention",
    "KV cache",
    "Longest context",
)


class Figure(NamedTuple):
    """A figure, the two lines below it, and its tooltip."""

    text: str
    lines: tuple[str, str]
    told: str


class FigureStrip(QWidget):
    """Five figures beside one another."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = tuple(FigureCell(name) for name in NAMES)
        self._build()

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show five."""
        for cell, figure in zip(self.cells, figures, strict=True):
            cell.show_figure(figure.text, figure.lines, figure.told)

    def _build(self) -> None:
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        for place, cell in enumerate(self.cells):
            if place:
                line.addWidget(Hairline(Qt.Orientation.Vertical))
            line.addWidget(cell, 1)
