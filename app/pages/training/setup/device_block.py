"""On what is trained? The device with its name, memory and peak, and the precision of its products."""

from functools import partial
from typing import Final

from PySide6.QtGui import QStandardItemModel

from app.pages.training.setup.chosen import Chosen
from app.pages.training.setup.columns import Block
from app.pages.training.setup.inputs import choice, figure_lines, line, say, show_choice, whole
from app.pages.training.setup.state import SetupState
from app.widgets.buttons import Button
from app.widgets.disclosure import Disclosure
from app.widgets.labels import ElidedLabel, label, row
from lmcore import figures
from lmcore.training.machine import Machine, Precision

DEVICES: Final = {"auto": "automatic", "cpu": "CPU", "cuda": "CUDA", "mps": "Metal (MPS)"}
PRECISIONS: Final = {"auto": "automatic", "fp32": "fp32", "bf16": "bf16"}
COMPILING: Final = {"auto": "automatic", "on": "on", "off": "off"}
NAME, MEMORY, FP32, BF16, PRODUCTS = "Device", "Memory", "Peak, fp32", "Peak, bf16", "Products in"


class DeviceBlock(Block):
    """The inputs; they show the state and change it."""

    def __init__(self, state: SetupState) -> None:
        super().__init__("Machine")
        self._state = state
        self.device = choice("Train on", DEVICES, lambda value: state.set("training", device=value))
        self.precision = choice("Precision", PRECISIONS, lambda value: state.set("training", precision=value))
        self.compiling = choice("Compile", COMPILING, lambda value: state.set("training", compile=value))
        self.threads = whole("Threads", -1, 1, 1_024, "all cores")
        self._origin = label("", "caption", wrap=True)
        self.measure = Button("Measure again", icon="rotate-ccw", small=True)
        self._trouble = label("", "error", wrap=True)
        self._trouble.hide()
        self._build()
        self.threads.refused.connect(partial(state.refused.emit, "training.threads"))
        self.threads.value_changed.connect(lambda number: state.set("training", threads=None if number < 0 else number))

    @property
    def origin(self) -> str:
        """What is said of where the figures come from."""
        return self._origin.accessibleName()

    def show_chosen(self, chosen: Chosen) -> None:
        """Show the state; nothing is told."""
        training = chosen.config.training
        known = list(DEVICES)
        if training.device not in known:  # cuda:1 of a file
            self.device.setPlaceholderText(training.device)
        show_choice(self.device, known.index(training.device) if training.device in known else -1)
        show_choice(self.precision, list(PRECISIONS).index(training.precision))
        show_choice(self.compiling, list(COMPILING).index(training.compile))
        self.threads.set_value(training.threads or -1)

    def show_origin(self, words: str, *, measures: bool) -> None:
        """Where the figures come from, and whether the machine is being measured."""
        say(self._origin, words)
        self._origin.setVisible(bool(words))
        self.measure.setEnabled(not measures)

    def show_machine(self, machine: Machine | None, trouble: str, precision: Precision | None = None) -> None:
        """What is known of the machine; `trouble` is why nothing can be trained on it. `precision` is what it would be
        trained in.
        """
        say(self._trouble, trouble)
        self._trouble.setVisible(bool(trouble))
        words = dict.fromkeys(self.figures, "–" if trouble else "…")
        if machine is not None and not trouble:
            words = {
                NAME: machine.name,
                MEMORY: f"{figures.size(machine.free)} free of {figures.size(machine.memory)}",
                FP32: peak_words(machine.peak_fp32),
                BF16: peak_words(machine.peak_bf16),
                PRODUCTS: precision or "–",
            }
        if machine is not None and machine.kinds:
            self._offer(machine.kinds)
        self.section.set_caption(
            f"{machine.source}" if machine and not trouble else "" if trouble else "asking this machine …"
        )
        for name, text in words.items():
            self.figures[name].set_text(text)

    def _offer(self, kinds: tuple[str, ...]) -> None:
        """Devices that this machine or its torch does not have cannot be chosen."""
        model = self.device.model()
        assert isinstance(model, QStandardItemModel)
        for place, kind in enumerate(DEVICES):
            there = kind == "auto" or kind in kinds
            model.item(place).setEnabled(there)
            model.item(place).setToolTip("" if there else "This machine, or the torch that is installed, has none.")

    def _build(self) -> None:
        into = self.section
        into.addLayout(line("Train on", self.device))
        into.addLayout(line("Precision", self.precision, "What products are computed in; weights stay in fp32."))
        into.addSpacing(4)
        self.figures: dict[str, ElidedLabel] = figure_lines(into, [NAME, MEMORY, FP32, BF16, PRODUCTS])
        into.addWidget(self._origin)
        into.addWidget(self._trouble)
        into.addLayout(row([self.measure]))
        more = Disclosure("More: compiling, threads")
        more.body.addLayout(line("Compile", self.compiling, "torch.compile: slow to begin, quicker afterwards."))
        more.body.addLayout(line("Threads", self.threads, "Of a processor."))
        into.addWidget(more)


def peak_words(peak: float) -> str:
    """FLOP/s in the unit that fits: peak_words(6e10) -> "60.0 GFLOP/s"."""
    for unit, size in (("PFLOP/s", 1e15), ("TFLOP/s", 1e12)):
        if peak >= size:
            return f"{figures.significant(peak / size)} {unit}"
    return f"{figures.significant(peak / 1e9)} GFLOP/s"
