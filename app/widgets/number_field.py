"""How is a number set? A label at the left, a spin box at the right, a slider beneath; linear or logarithmic."""

from math import exp, log

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.labels import label
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin

STEPS = 1000


class NumberField(QWidget):
    """An integer from `low` to `high`. The slider is coarse where the range is wide; the spin box is exact.

    A logarithmic slider needs `low` of at least 1. It goes in steps of `snap`, which the spin box does not.
    """

    value_changed = Signal(int)
    """The user chose another value, by either control."""

    def __init__(
        self, name: str, low: int, high: int, *, logarithmic: bool = False, suffix: str = "", snap: int = 1
    ) -> None:
        assert not logarithmic or low >= 1, "a logarithm needs a positive range"
        super().__init__()
        self._low, self._high, self._logarithmic, self._snap = low, high, logarithmic, snap
        self.spin = NumberSpin(name, low, high, suffix=suffix)
        self.slider = Slider(f"{name}, coarse", 0, STEPS)
        self.label = label(name, buddy=self.spin)
        self._build()
        self.spin.valueChanged.connect(self._spin_moved)
        self.slider.valueChanged.connect(self._slider_moved)
        self._place_slider()

    @property
    def value(self) -> int:
        """The number set."""
        return self.spin.value()

    def set_value(self, value: int) -> None:
        """Set the number without telling."""
        self.spin.blockSignals(True)
        self.spin.setValue(value)
        self.spin.blockSignals(False)
        self._place_slider()

    def _build(self) -> None:
        line = QHBoxLayout()
        line.addWidget(self.label, 1)
        line.addWidget(self.spin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.slider)

    def _spin_moved(self, value: int) -> None:
        self._place_slider()
        self.value_changed.emit(value)

    def _slider_moved(self, step: int) -> None:
        self.spin.setValue(self._value_at(step))

    def _place_slider(self) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(self._step_of(self.spin.value()))
        self.slider.blockSignals(False)
        self.slider.update()

    def _value_at(self, step: int) -> int:
        part = step / STEPS
        if self._logarithmic:
            exact = exp(log(self._low) + part * (log(self._high) - log(self._low)))
        else:
            exact = self._low + part * (self._high - self._low)
        if step in (0, STEPS):
            return self._high if step else self._low
        return min(self._high, max(self._low, round(exact / self._snap) * self._snap))

    def _step_of(self, value: int) -> int:
        if self._high == self._low:
            return 0
        if self._logarithmic:
            return round(STEPS * (log(value) - log(self._low)) / (log(self._high) - log(self._low)))
        return round(STEPS * (value - self._low) / (self._high - self._low))
