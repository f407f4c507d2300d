"""On which GPU, how well used, for how many tokens? The inputs of fit and time, in a line that goes on below."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from PySide6.QtWidgets import QWidget

from app import fonts
from app.gpu_probe import FoundGpu
from app.pages.shape.answering import filled
from app.pages.shape.chosen import Chosen
from app.pages.shape.options import ACTIVATION_NAMES
from app.pages.shape.state import ShapeState
from app.widgets.amount_edit import AmountEdit
from app.widgets.choice import Choice
from app.widgets.labels import label, row
from app.widgets.spin import NumberSpin
from app.widgets.wrapping import WrappingLayout
from lmcore.accounting.budgets import RULES
from lmcore.accounting.hardware import Gpu, find_gpu, gpus
from lmcore.errors import UsageError

NONE, OWN_GPU = "no GPU", "own figures"
GB: Final = 10**9
TERA: Final = 10**12
MOST_TOKENS: Final = 10**18


class GpuBar(QWidget):
    """Shows what the state says of GPU, MFU, tokens and activations, and changes it; own figures are behind the GPU."""

    def __init__(self, state: ShapeState, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
        self._offered: list[Gpu | None] = []
        self._found: FoundGpu | None = None
        self.gpu = Choice("GPU", parent=self)
        self.mfu = NumberSpin("MFU, the share of the peak that training reaches", 1, 100, suffix=" %", lenient=True)
        self.rule = Choice("Tokens of a training", [*(rule.name for rule in RULES), "own number"])
        self.tokens = AmountEdit("Tokens to train on", 1, MOST_TOKENS)
        self.memory = NumberSpin("Memory of the GPU", 1, 10_000, suffix=" GB")
        self.peak = NumberSpin("Its dense peak, in the precision that is set", 0, 100_000, suffix=" TFLOP/s")
        self.bandwidth = NumberSpin("Bandwidth of its memory", 0, 100_000, suffix=" GB/s")
        self.activations = Choice("Activations counted by", list(ACTIVATION_NAMES.values()))
        own = (("Memory", self.memory), ("Peak", self.peak), ("Bandwidth", self.bandwidth))
        self._own = self._group([part for name, spin in own for part in _named(name, spin)])
        self._build()
        self._offer()
        self._connect()

    def show_found(self, found: FoundGpu | None) -> None:
        """Offer the GPU of this machine, and take it where nobody chose another."""
        self._found = found
        self._offer()
        self.show_chosen(filled(self._state.now))
        if found is not None and self._state.now.setup.gpu is None:
            self._state.set_setup("gpu", gpu=_known(found))

    def show_chosen(self, chosen: Chosen) -> None:
        """Show the state, with the tokens that its rule gives filled in; nothing is told."""
        setup = chosen.setup
        place = self._offered.index(setup.gpu) if setup.gpu in self._offered else len(self._offered)
        if place != self.gpu.currentIndex():
            self.gpu.setCurrentIndex(place)
        own = setup.gpu is not None and place == len(self._offered)
        self._own.setVisible(own)
        self._quietly(self.mfu, round(100 * setup.mfu))
        self.activations.setCurrentIndex(list(ACTIVATION_NAMES).index(setup.activations))
        rules = [rule.key for rule in RULES]
        self.rule.setCurrentIndex(rules.index(chosen.rule) if chosen.rule in rules else len(rules))
        if self.tokens.amount != (tokens := setup.tokens or 1):
            self.tokens.set_amount(tokens)
        if own and setup.gpu is not None:
            self._quietly(self.memory, round(setup.gpu.memory / GB))
            self._quietly(self.peak, round(max(setup.gpu.peaks.values(), default=0) / TERA))
            self._quietly(self.bandwidth, round(setup.gpu.bandwidth / GB))

    def _build(self) -> None:
        self.gpu.setFixedWidth(fonts.scaled(176))
        self.rule.setFixedWidth(fonts.scaled(208))
        self.activations.setFixedWidth(fonts.scaled(124))
        for spin, width in ((self.mfu, 70), (self.memory, 92), (self.peak, 116), (self.bandwidth, 110)):
            spin.setFixedWidth(fonts.scaled(width))
        self.tokens.setFixedWidth(fonts.scaled(134))
        line = WrappingLayout()
        line.addWidget(self.gpu)
        line.addWidget(self._own)
        line.addWidget(self._group(_named("MFU", self.mfu)))
        line.addWidget(self._group([self.rule, self.tokens]))
        line.addWidget(self._group(_named("Activations by", self.activations)))
        self.setLayout(line)
        self._own.hide()

    def _connect(self) -> None:
        state = self._state
        self.gpu.activated.connect(self._choose)
        self.mfu.valueChanged.connect(self._set_mfu)
        self.rule.activated.connect(self._set_rule)
        self.activations.activated.connect(lambda place: state.set_activations(tuple(ACTIVATION_NAMES)[place]))
        self.tokens.amount_changed.connect(self._set_tokens)
        self.tokens.refused.connect(lambda text: state.refuse("tokens", f"“{text}” is no number of tokens; try 300 B."))
        for spin in (self.memory, self.peak, self.bandwidth):
            spin.valueChanged.connect(lambda _value: self._set_own())

    def _offer(self) -> None:
        """List the GPU of this machine, those of the table, and own figures."""
        here = [] if self._found is None else [_known(self._found)]
        self._offered = [None, *here, *(gpu for gpu in gpus() if gpu not in here)]
        self.gpu.clear()
        names = [NONE if gpu is None else gpu.name for gpu in self._offered]
        if here:
            names[1] = f"{names[1]} (this machine)"
        self.gpu.addItems([*names, OWN_GPU])

    def _choose(self, place: int) -> None:
        if place < len(self._offered):
            self._state.set_setup("gpu", gpu=self._offered[place])
        else:
            self._state.set_setup("gpu", gpu=_own(self.memory.value(), self.peak.value(), self.bandwidth.value()))

    def _set_own(self) -> None:
        self._state.set_setup("gpu", gpu=_own(self.memory.value(), self.peak.value(), self.bandwidth.value()))

    def _set_mfu(self, percent: int) -> None:
        if 1 <= percent <= 100:
            self.mfu.set_invalid(False)
            self._state.set_setup("mfu", mfu=Fraction(percent, 100))
        else:
            self.mfu.set_invalid(True)
            self._state.refuse("mfu", f"MFU is {percent} %; it goes from 1 to 100 %.")

    def _set_rule(self, place: int) -> None:
        if place < len(RULES):
            self._state.set_view("rule", rule=RULES[place].key)
        else:
            self._set_tokens(filled(self._state.now).setup.tokens)

    def _set_tokens(self, tokens: int) -> None:
        self._state.set_tokens(tokens)

    def _group(self, parts: Sequence[QWidget]) -> QWidget:
        """Inputs that stay in one line."""
        made = QWidget(self)
        made.setLayout(row(parts))
        return made

    @staticmethod
    def _quietly(spin: NumberSpin, value: int) -> None:
        if spin.value() != value:
            spin.blockSignals(True)
            spin.setValue(value)
            spin.blockSignals(False)


def _named(name: str, control: QWidget) -> list[QWidget]:
    return [label(name, "caption", buddy=control), control]


def _own(memory: int, peak: int, bandwidth: int) -> Gpu:
    """A GPU of figures in GB, TFLOP/s and GB/s; 0 is not known. The peak is that of whatever precision is set."""
    peaks: Mapping[str, int] = MappingProxyType(dict.fromkeys(("fp32", "bf16", "fp16"), peak * TERA) if peak else {})
    return Gpu(OWN_GPU, memory * GB, bandwidth * GB, peaks, "set here")


def _known(found: FoundGpu) -> Gpu:
    """The GPU of this machine: its memory as it is, its peaks from the table, unknown where that does not have it."""
    try:
        known = find_gpu(found.name)
    except UsageError:
        return Gpu(found.name, found.memory)
    return Gpu(known.name, found.memory, known.bandwidth, known.peaks, known.source)
