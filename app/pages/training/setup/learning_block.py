"""How do the weights change? The optimizer, its learning rate, and the schedule that the rate goes by."""

from functools import partial
from typing import Final

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.pages.training.setup.chosen import Chosen
from app.pages.training.setup.columns import Block
from app.pages.training.setup.inputs import decimal, line, remark, share, show_remark, show_swept, whole
from app.pages.training.setup.outlook import Outlook
from app.pages.training.setup.rate_line import RateLine
from app.pages.training.setup.state import SetupState
from app.widgets.disclosure import Disclosure
from app.widgets.segmented import Segmented
from app.widgets.value_edit import LogField

LOW, HIGH = 1e-5, 1e-1
OPTIMIZERS: Final = ("adamw", "muon")
SCHEDULES: Final = ("cosine", "wsd", "linear", "constant")


class LearningBlock(Block):
    """The inputs; they show the state and change it."""

    def __init__(self, state: SetupState) -> None:
        super().__init__("Optimizer and schedule")
        self._state = state
        self.optimizer = Segmented(["AdamW", "Muon"], "Optimizer")
        self.rate = LogField("Learning rate", LOW, HIGH, decimal("Learning rate", 1e-3, 0.0, 100.0))
        self.decay = decimal("Weight decay", 0.1, 0.0, 100.0)
        self.clip = decimal("Clip the gradient’s norm at", 1.0, 0.0, 1e6)
        self.beta1 = decimal("β₁", 0.9, 0.0, 0.999999999)
        self.beta2 = decimal("β₂", 0.95, 0.0, 0.999999999)
        self.eps = decimal("ε", 1e-8, 0.0, 1.0)
        self.schedule = Segmented(["Cosine", "WSD", "Linear", "Constant"], "Schedule", fill=True)
        self.warmup = whole("Warm-up, steps", -1, 0, none="2 %")
        self.decay_steps = whole("Decay, steps", -1, 0, none="20 %")
        self.final = share("Ends at", 0.1, 100.0)
        self.remark = remark()
        self.line = RateLine()
        self._build()
        self._connect()

    def show_chosen(self, chosen: Chosen, outlook: Outlook) -> None:
        """Show the state; nothing is told."""
        optimizer, schedule = chosen.config.optimizer, chosen.config.schedule
        self.optimizer.set_current(OPTIMIZERS.index(optimizer.kind))
        self.rate.set_value(optimizer.learning_rate)
        show_swept(self.rate, "optimizer.learning_rate", chosen.sweep)
        self.decay.set_value(optimizer.weight_decay)
        self.clip.set_value(optimizer.clip_norm)
        self.beta1.set_value(optimizer.beta1)
        self.beta2.set_value(optimizer.beta2)
        self.eps.set_value(optimizer.eps)
        self.schedule.set_current(SCHEDULES.index(schedule.kind))
        self.warmup.set_value(-1 if schedule.warmup_steps is None else schedule.warmup_steps)
        self.decay_steps.set_value(-1 if schedule.decay_steps is None else schedule.decay_steps)
        self.final.set_value(optimizer.final_fraction)
        self._decay_line.setVisible(schedule.kind == "wsd")
        self.final.setEnabled(schedule.kind != "constant")
        remarks = outlook.remarks
        show_remark(self.remark, remarks.get("schedule.warmup_steps") or remarks.get("schedule.decay_steps", ""))
        if outlook.steps:
            self.line.show_schedule(optimizer, schedule, outlook.steps)

    def _build(self) -> None:
        into = self.section
        into.addLayout(line("Optimizer", self.optimizer, "Muon moves the hidden matrices, AdamW the rest."))
        into.addWidget(self.rate)
        into.addLayout(line("Weight decay", self.decay, "How much of a matrix is taken away a step, times the rate."))
        into.addLayout(line("Clip norm", self.clip, "A gradient longer than this is shortened to it; 0 clips nothing."))
        into.addSpacing(4)
        into.addWidget(self.schedule)
        into.addLayout(line("Warm-up, steps", self.warmup, "Steps in which the rate rises from 0."))
        self._decay_line = _hidable(line("Decay, steps", self.decay_steps, "Steps at the end in which the rate falls."))
        into.addWidget(self._decay_line)
        into.addLayout(line("Ends at", self.final, "The share of the learning rate that the schedule ends with."))
        into.addWidget(self.remark)
        into.addWidget(self.line)
        more = Disclosure("More: betas, epsilon")
        more.body.addLayout(line("β₁", self.beta1, "How much of the last mean of the gradient is kept a step."))
        more.body.addLayout(line("β₂", self.beta2, "The same of the mean of its square."))
        more.body.addLayout(line("ε", self.eps, "Added where AdamW divides."))
        into.addWidget(more)

    def _connect(self) -> None:
        put = self._state.set
        self.optimizer.chosen.connect(lambda place: put("optimizer", kind=OPTIMIZERS[place]))
        self.schedule.chosen.connect(lambda place: put("schedule", kind=SCHEDULES[place]))
        self.rate.value_changed.connect(lambda rate: put("optimizer", learning_rate=rate))
        self.decay.value_changed.connect(lambda value: put("optimizer", weight_decay=value))
        self.clip.value_changed.connect(lambda value: put("optimizer", clip_norm=value))
        self.beta1.value_changed.connect(lambda value: put("optimizer", beta1=value))
        self.beta2.value_changed.connect(lambda value: put("optimizer", beta2=value))
        self.eps.value_changed.connect(lambda value: put("optimizer", eps=value))
        self.final.value_changed.connect(lambda value: put("optimizer", final_fraction=value))
        self.warmup.value_changed.connect(lambda steps: put("schedule", warmup_steps=None if steps < 0 else steps))
        self.decay_steps.value_changed.connect(lambda steps: put("schedule", decay_steps=None if steps < 0 else steps))
        floats = (self.rate.edit, self.decay, self.clip, self.beta1, self.beta2, self.eps, self.final)
        for edit in (*floats, self.warmup, self.decay_steps):
            edit.refused.connect(partial(self._state.refused.emit, "optimizer"))


def _hidable(layout: QHBoxLayout) -> QWidget:
    """A line that can be hidden."""
    made = QWidget()
    made.setLayout(layout)
    return made
