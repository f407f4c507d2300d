"""How is a number set whose scale is its own? A label, a spin box, and a slider that is fine where it matters.

`NumberField` is for whole numbers on a linear or logarithmic slider; this one also takes decimals, and ranges that
begin at 0 and still want a logarithm.
"""

from math import exp, log1p
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.decimal_spin import UNIT, DecimalSpin
from app.widgets.labels import label
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin

STEPS: Final = 1000


class ScaledField(QWidget):
    """A number from `low` to `high`; `decimals` have two places. `bent` makes the slider logarithmic in 1 + x.

    The slider stops at multiples of `snap`.
    """

    value_changed = Signal(float)
    """The user chose another value, by either control."""

    def __init__(
        self, name: str, low: float, high: float, *, decimals: bool = False, bent: bool = False, snap: float = 1
    ) -> None:
        super().__init__()
        self._unit = UNIT if decimals else 1
        self._low, self._high, self._bent, self._snap = low, high, bent, snap
        kind = DecimalSpin if decimals else NumberSpin
        self.spin = kind(name, round(low * self._unit), round(high * self._unit))
        self.spin.setSingleStep(5 if decimals else 1)
        self.slider = Slider(f"{name}, coarse", 0, STEPS)
        self.label = label(name, buddy=self.spin)
        line = QHBoxLayout()
        line.addWidget(self.label, 1)
        line.addWidget(self.spin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.slider)
        self.spin.valueChanged.connect(self._spin_moved)
        self.slider.valueChanged.connect(self._slider_moved)

    @property
    def value(self) -> float:
        """The number set."""
        return self.spin.value() / self._unit

    def set_value(self, value: float) -> None:
        """Set the number without telling."""
        self.spin.blockSignals(True)
        self.spin.setValue(round(value * self._unit))
        self.spin.blockSignals(False)
        self._place_slider()

    def set_high(self, high: float) -> None:
        """Allow at most this; what is above it comes down without telling."""
        self._high = max(self._low, high)
        self.spin.blockSignals(True)
        self.spin.setRange(round(self._low * self._unit), round(self._high * self._unit))
        self.spin.blockSignals(False)
        self._place_slider()

    def set_tip(self, words: str) -> None:
        """What the field means, told over each part of it."""
        for part in (self.label, self.spin, self.slider):
            part.setToolTip(words)

    def _spin_moved(self) -> None:
        self._place_slider()
        self.value_changed.emit(self.value)

    def _slider_moved(self, step: int) -> None:
        self.spin.setValue(round(self._value_at(step) * self._unit))

    def _place_slider(self) -> None:
        step = self._step_of(self.value)
        if step != self.slider.value():
            self.slider.blockSignals(True)
            self.slider.setValue(step)
            self.slider.blockSignals(False)
            self.slider.update()

    def _value_at(self, step: int) -> float:
        if step in (0, STEPS):
            return self._high if step else self._low
        part, span = step / STEPS, self._high - self._low
        exact = self._low + (exp(part * log1p(span)) - 1 if self._bent else part * span)
        return min(self._high, max(self._low, round(exact / self._snap) * self._snap))

    def _step_of(self, value: float) -> int:
        span = self._high - self._low
        if span <= 0:
            return 0
        return round(STEPS * (log1p(value - self._low) / log1p(span) if self._bent else (value - self._low) / span))
