"""How large is the vocabulary? A slider over its merges, finer where there are few, and the number of tokens."""

from math import exp, log1p
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.widgets.labels import label
from app.widgets.slider import Slider
from app.widgets.spin import NumberSpin

STEPS: Final = 400
TIP: Final = (
    "The first so many tokens: the 256 bytes, the special tokens, and those of the first merges. "
    "A prefix of the merges is what a smaller vocabulary would have been."
)


class SizeSlider(QWidget):
    """`changed` comes at most once a turn of the event loop, with a number of merges."""

    changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._base = self._total = self._merges = 0
        self.slider = Slider("Vocabulary size, coarse", 0, STEPS)
        self.spin = NumberSpin("Vocabulary size", 0, 0)
        self._timer = QTimer(self, interval=0, singleShot=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(label("first", "secondary", buddy=self.spin))
        line.addWidget(self.slider, 1)
        line.addWidget(self.spin)
        self.setToolTip(TIP)
        self.slider.valueChanged.connect(self._slid)
        self.spin.valueChanged.connect(lambda size: self._go_to(size - self._base))
        self._timer.timeout.connect(lambda: self.changed.emit(self._merges))

    @property
    def merges(self) -> int:
        """How many merges count."""
        return self._merges

    @property
    def is_whole(self) -> bool:
        """Whether all of them count."""
        return self._merges == self._total

    def set_range(self, base: int, merges: int) -> None:
        """Stand at the right end: a vocabulary of `base` tokens and so many merges."""
        self._base, self._total, self._merges = base, merges, merges
        self.spin.blockSignals(True)
        self.spin.setRange(base, base + merges)
        self.spin.blockSignals(False)
        self._show()

    def set_merges(self, merges: int) -> None:
        """Let the first so many merges count, and tell."""
        self._go_to(min(self._total, max(0, merges)))

    def _slid(self, step: int) -> None:
        self._go_to(self._total if step == STEPS else round(exp(step / STEPS * log1p(self._total)) - 1))

    def _go_to(self, merges: int) -> None:
        if merges != self._merges:
            self._merges = merges
            self._show()
            self._timer.start()

    def _show(self) -> None:
        for control in (self.spin, self.slider):
            control.blockSignals(True)
        self.spin.setValue(self._base + self._merges)
        if not self.slider.isSliderDown():
            share = log1p(self._merges) / log1p(self._total) if self._total else 1.0
            self.slider.setValue(round(STEPS * share))
        for control in (self.spin, self.slider):
            control.blockSignals(False)
        self.slider.update()
