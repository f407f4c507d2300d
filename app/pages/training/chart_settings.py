"""How strongly is a curve smoothed, and is its axis logarithmic? A line of controls that few need at any time."""

from math import log10
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.labels import label
from app.widgets.segmented import Segmented
from app.widgets.slider import Slider

STEPS: Final = 300
DECADES: Final = 3.0
"""The slider goes to 1 − 10⁻³ = 0.999."""
USUAL, MOST = 0.9, 0.999


def weight_at(step: int) -> float:
    """The weight at a step of the slider, 0 being off: weight_at(100) -> 0.9, weight_at(300) -> 0.999."""
    return round(1 - 10 ** (-DECADES * step / STEPS), 3)


def step_of(weight: float) -> int:
    """The step of the slider for a weight."""
    return round(-log10(1 - weight) * STEPS / DECADES)


class ChartSettings(QWidget):
    """A slider of the smoothing, and the scale of the axis."""

    smoothing_changed = Signal(float)
    log_x_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.slider = Slider("Smoothing", 0, STEPS)
        self.slider.setSingleStep(5)
        self.slider.setPageStep(50)
        self.slider.setValue(step_of(USUAL))
        self.written = label(str(USUAL), "strong")
        self.written.setMinimumWidth(36)
        self.scale = Segmented(("Linear", "Log x"), "Scale of the axis")
        self.setToolTip("The weight of what was before in a debiased exponential moving average; 0 is off")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(label("Smoothing", "caption"))
        line.addWidget(self.slider)
        line.addWidget(self.written)
        line.addStretch(1)
        line.addWidget(self.scale)
        self.slider.setMaximumWidth(180)
        self.slider.valueChanged.connect(self._slid)
        self.scale.chosen.connect(lambda place: self.log_x_changed.emit(bool(place)))

    @property
    def weight(self) -> float:
        """The chosen weight, 0 for none."""
        return weight_at(self.slider.value())

    def set_weight(self, weight: float) -> None:
        """Choose a weight."""
        self.slider.setValue(step_of(weight))

    def _slid(self) -> None:
        self.written.setText(f"{self.weight:g}" if self.weight else "off")
        self.smoothing_changed.emit(self.weight)
