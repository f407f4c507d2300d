"""Is what was predicted true? What the real module gave, beside what the formulas say, and the difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.buttons import Button
from app.widgets.fact_table import Cell, Column, FactTable, text_cell
from app.widgets.labels import ElidedLabel, label
from lmcore import figures
from lmcore.accounting.hardware import find_gpu
from lmcore.errors import UsageError

MARGIN: Final = 24
INSET: Final = 14
ROW: Final = 28
Kind = Literal["count", "bytes", "seconds"]
QUANTITIES: Final[dict[str, tuple[str, Kind]]] = {
    "parameters": ("Parameters", "count"),
    "forward_flops": ("FLOPs of a forward pass", "count"),
    "training_flops": ("FLOPs of a training step", "count"),
    "activations": ("Activations kept, bytes", "count"),
    "memory": ("Memory of a step", "bytes"),
    "seconds": ("Time of a step", "seconds"),
}
BEFORE: Final = "Measure builds the real module in a process of its own and counts; the window goes on."


@dataclass(frozen=True)
class Prediction:
    """What the formulas say of each quantity; None where they say nothing, such as the time on an unknown GPU.

    Seconds are those of `device`, which need not be what a measurement runs on.
    """

    title: str
    values: Mapping[str, float | None]
    device: str = ""


class MeasurePane(QWidget):
    """The table. It keeps what was measured with the prediction of that moment, until another measurement."""

    stop_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        columns = (
            Column("Quantity", stretch=True, least=160, weight=24),
            Column("Predicted", number=True, stretch=True, least=138, weight=20),
            Column("Measured", number=True, stretch=True, least=138, weight=20),
            Column("Difference", number=True, least=110),
            Column("Measured on", stretch=True, least=60, weight=24),
        )
        self.table = FactTable(columns, "Predicted and measured", row=ROW)
        self.caption = ElidedLabel(BEFORE, "caption")
        self.stop = Button("Stop", small=True)
        self._prediction = Prediction("", {})
        self._found: dict[str, Mapping[str, Any]] = {}
        self._build()
        self.stop.clicked.connect(self.stop_asked)

    @property
    def rows(self) -> list[list[str]]:
        """The cells as texts."""
        return [[cell.words for cell in row] for row in self.table.rows]

    def show_hindrance(self, why: str) -> None:
        """Say why the shape that is shown cannot be measured; what was measured before stays with its own words."""
        if not self._prediction.title and self.caption.whole_text != (words := why or BEFORE):
            self.caption.set_text(words)

    def begin(self, prediction: Prediction) -> None:
        """A measurement has begun: what was found before is gone."""
        self._prediction, self._found = prediction, {}
        self.caption.set_text(f"{prediction.title}: the module is being built …")
        self.stop.show()
        self.table.show()
        self._show()

    def add(self, event: Mapping[str, Any]) -> None:
        """A figure has come, or why there is none."""
        self._found[str(event["quantity"])] = event
        self._show()

    def end(self, words: str) -> None:
        """The measurement has ended; `words` say how."""
        self.caption.set_text(f"{self._prediction.title}: {words}")
        self.stop.hide()
        self._show()

    def _build(self) -> None:
        self.stop.hide()
        self.table.hide()
        head = QHBoxLayout()
        head.setContentsMargins(MARGIN - INSET, 0, MARGIN - INSET, 0)
        head.setSpacing(8)
        head.addWidget(label("Predicted against measured", "section"))
        head.addWidget(self.caption, 1)
        head.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(INSET, 10, INSET, 12)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.table)

    def _show(self) -> None:
        self.table.show_rows([self._row(quantity) for quantity in QUANTITIES])

    def _row(self, quantity: str) -> tuple[Cell, ...]:
        name, kind = QUANTITIES[quantity]
        predicted, event = self._prediction.values.get(quantity), self._found.get(quantity)
        told = "–" if predicted is None else written(predicted, kind)
        if event is None:
            waiting = "…" if not self.stop.isHidden() else "–"
            return (text_cell(name), text_cell(told), text_cell(waiting, "secondary"), text_cell(""), text_cell(""))
        if "reason" in event:
            reason = str(event["reason"])
            return (text_cell(name), text_cell(told), text_cell("–", "secondary"), text_cell(""), _quiet(reason))
        where = str(event["where"])
        value = float(event["value"]) if kind == "seconds" else int(event["value"])
        return (
            text_cell(name),
            text_cell(told),
            text_cell(written(value, kind)),
            self._difference(kind, predicted, value, where),
            _quiet(where),
        )

    def _difference(self, kind: Kind, predicted: float | None, value: float, where: str) -> Cell:
        """Of the seconds of two processors, none: they cannot agree."""
        if kind == "seconds" and predicted is not None and not _is_the_same(where, self._prediction.device):
            return text_cell("another device", "secondary")
        return _difference(predicted, value)


def _is_the_same(where: str, device: str) -> bool:
    """Whether a driver's name is of a GPU in the table."""
    try:
        return find_gpu(where).name == device
    except UsageError:
        return where == device


def written(value: float, kind: Kind) -> str:
    """A figure as the table shows it: exact where it is a count."""
    if kind == "seconds":
        return figures.duration(value)
    return figures.size(int(value)) if kind == "bytes" else figures.count(int(value))


def _difference(predicted: float | None, value: float) -> Cell:
    if predicted is None or not predicted:
        return text_cell("–", "secondary")
    if predicted == value:
        return text_cell("none")
    part = 100 * (value - predicted) / predicted
    sign = "+" if part > 0 else ""
    return text_cell(f"{sign}{figures.decimal(part, 2 if abs(part) < 10 else 0)} %")


def _quiet(text: str) -> Cell:
    return text_cell(text, "secondary")
