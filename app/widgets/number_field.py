"""How is a number set? A label at the left, a spin box at the right, a slider beneath; linear or logarithmic."""

from collections.abc import Callable
from math import exp, log

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.labels import label
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin

STEPS = 1000

Snap = Callable[[int], int]


class NumberField(QWidget):
    """An integer from `low` to `high`. The slider is coarse where the range is wide; the spin box is exact.

    A logarithmic slider needs `low` of at least 1. It goes in steps of `snap`, or to what a function `snap` makes of
    its places; the spin box does not. A `lenient` field takes whatever number is typed: one that it cannot have is
    told as `refused`, its rim is red, and the value stays what it was. `beside` stands before the spin box,
    in which there is room for `widest`.
    """

    value_changed = Signal(int)
    """The user chose another value, by either control."""
    refused = Signal(int)
    """What was typed is out of range; only of a lenient field."""

    def __init__(
        self,
        name: str,
        low: int,
        high: int,
        *,
        logarithmic: bool = False,
        suffix: str = "",
        snap: int | Snap = 1,
        lenient: bool = False,
        beside: QWidget | None = None,
        widest: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        assert not logarithmic or low >= 1, "a logarithm needs a positive range"
        super().__init__(parent)
        self._low, self._high, self._logarithmic = low, high, logarithmic
        self._snap = snap if callable(snap) else multiples_of(snap)
        self._value = low
        self.spin = NumberSpin(name, low, high, suffix=suffix, lenient=lenient, widest=widest, parent=self)
        self.slider = Slider(f"{name}, coarse", 0, STEPS)
        self.label = label(name, buddy=self.spin)
        self._build(beside)
        self.spin.valueChanged.connect(self._spin_moved)
        self.slider.valueChanged.connect(self._slider_moved)
        self._value = self.spin.value()
        self._place_slider()

    @property
    def value(self) -> int:
        """The number set."""
        return self._value

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest number it can have."""
        return self._low, self._high

    def set_value(self, value: int) -> None:
        """Set the number without telling; what was refused is gone."""
        self._value = value
        if self.spin.value() != value:
            self.spin.blockSignals(True)
            self.spin.setValue(value)
            self.spin.blockSignals(False)
        self.set_invalid(False)
        self._place_slider()

    def snap_to(self, snap: Snap) -> None:
        """Let the slider stop where `snap` says from now on."""
        self._snap = snap

    def set_invalid(self, invalid: bool) -> None:
        """Draw the rim of the spin box in the error colour; the sentence stands elsewhere."""
        self.spin.set_invalid(invalid)

    def _build(self, beside: QWidget | None) -> None:
        line = QHBoxLayout()
        line.addWidget(self.label, 1)
        if beside is not None:
            line.addWidget(beside)
        line.addWidget(self.spin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.slider)

    def _spin_moved(self, value: int) -> None:
        if not self._low <= value <= self._high:
            self.set_invalid(True)
            self.refused.emit(value)
            return
        self._value = value
        self.set_invalid(False)
        self._place_slider()
        self.value_changed.emit(value)

    def _slider_moved(self, step: int) -> None:
        self.spin.setValue(self._value_at(step))

    def _place_slider(self) -> None:
        step = self._step_of(self._value)
        if step == self.slider.value():
            return
        self.slider.blockSignals(True)
        self.slider.setValue(step)
        self.slider.blockSignals(False)
        self.slider.update()

    def _value_at(self, step: int) -> int:
        part = step / STEPS
        if step in (0, STEPS):
            return self._high if step else self._low
        if self._logarithmic:
            exact = exp(log(self._low) + part * (log(self._high) - log(self._low)))
        else:
            exact = self._low + part * (self._high - self._low)
        return min(self._high, max(self._low, self._snap(round(exact))))

    def _step_of(self, value: int) -> int:
        if self._high == self._low:
            return 0
        if self._logarithmic:
            return round(STEPS * (log(value) - log(self._low)) / (log(self._high) - log(self._low)))
        return round(STEPS * (value - self._low) / (self._high - self._low))


def multiples_of(step: int) -> Snap:
    """Rounds to a multiple of `step`: multiples_of(64)(4_267) -> 4_288."""
    return lambda value: round(value / step) * step
