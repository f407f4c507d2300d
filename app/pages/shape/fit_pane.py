"""Does it fit, and how long does it take? Answers for the chosen GPU, each readable without a calculator."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.pages.shape.gpu_bar import GpuBar
from app.pages.shape.state import ShapeState
from app.widgets.answers import Answer, Answers
from app.widgets.labels import Hairline, label

MARGIN: Final = 24
ACROSS: Final = 4


class FitPane(QWidget):
    """Two rows of four answers: training above, what comes of a budget and of inference below."""

    def __init__(self, state: ShapeState, parent: QWidget) -> None:
        super().__init__(parent)
        self.bar = GpuBar(state, self)
        self.rows = (Answers("Training", ACROSS), Answers("Budget and inference", ACROSS))
        self._build()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What is shown, row by row."""
        return tuple(answer for row in self.rows for answer in row.answers)

    def show_answers(self, answers: Sequence[Answer]) -> None:
        """Show other figures: those of the first row, then those of the second."""
        self.rows[0].show_answers(answers[:ACROSS])
        self.rows[1].show_answers(answers[ACROSS:])

    def _build(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(MARGIN, 10, MARGIN, 2)
        head.setSpacing(6)
        head.addWidget(label("Fit and time", "section"))
        head.addWidget(self.bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.rows[0])
        column.addWidget(Hairline())
        column.addWidget(self.rows[1])
