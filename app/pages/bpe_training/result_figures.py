"""What did the training take? Figures beneath those of the forecast."""

from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.labels import label

ROWS: Final = (
    ("took", "Time"),
    ("count", "  counting"),
    ("merge", "  merging"),
    ("peak", "Peak memory"),
    ("found", "Different pre-tokens"),
)


class ResultFigures(QWidget):
    """A heading and a line a figure; `figures` gives the labels by key."""

    def __init__(self) -> None:
        super().__init__()
        self.figures: dict[str, QLabel] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("What it took", "section"))
        for key, name in ROWS:
            self.figures[key] = label("", "table")
            line = QHBoxLayout()
            line.addWidget(label(name, "table"), 1)
            line.addWidget(self.figures[key])
            column.addLayout(line)
