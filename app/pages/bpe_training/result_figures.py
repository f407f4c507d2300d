"""What did the training take? Figures beneath those of the forecast."""

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.pages.bpe_training.wording import seconds_of
from app.widgets.labels import label
from lmcore import figures

if TYPE_CHECKING:
    from lmcore.bpe import Training
    from lmcore.bpe.training import PhaseReport

ROWS: Final = (
    ("took", "Time", 0),
    ("count", "counting", 12),
    ("merge", "merging", 12),
    ("peak", "Peak memory", 0),
    ("found", "Different pre-tokens", 0),
)
"""Key, name, and how far a part of the figure above is moved in, in pixels."""


class ResultFigures(QWidget):
    """A heading and a line a figure; `figures` gives the labels by key."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: dict[str, QLabel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("What it took", "section"))
        for key, name, inset in ROWS:
            self.figures[key] = label("", "caption" if inset else "table")
            line = QHBoxLayout()
            line.addSpacing(inset)
            line.addWidget(label(name, "caption" if inset else "table"), 1)
            line.addWidget(self.figures[key])
            column.addLayout(line)

    def show_training(self, training: "Training") -> None:
        """What this one took."""
        peak = max(phase.peak_memory for phase in training.phases)
        self.figures["took"].setText(figures.duration(seconds_of(training)))
        self.figures["peak"].setText(figures.size(peak))
        self.figures["found"].setText(figures.count(len(training.counts.words)))
        for phase in training.phases:
            if phase.name in self.figures:
                self.figures[phase.name].setText(_cost(phase, training.counts_reused))


def _cost(phase: "PhaseReport", counts_reused: bool) -> str:
    if phase.name == "count" and counts_reused:
        return "skipped: counted before"
    return f"{figures.duration(phase.seconds)} · {figures.size(phase.peak_memory)}"
