"""How much is learned? Sequences a step, and steps, tokens or time; each of these is computed from the others."""

from functools import partial
from typing import Final

from app.pages.training.setup.chosen import Chosen, with_steps, with_time, with_tokens
from app.pages.training.setup.columns import Block
from app.pages.training.setup.inputs import WIDE, line, say, show_swept, time, whole
from app.pages.training.setup.outlook import Outlook
from app.pages.training.setup.state import SetupState
from app.widgets.disclosure import Disclosure
from app.widgets.labels import label
from app.widgets.number_field import NumberField, multiples_of

LARGEST_BATCH: Final = 65_536
KEPT: Final = {"steps": "The steps stay", "tokens": "The tokens stay", "time": "The time stays"}


class AmountBlock(Block):
    """The inputs; they show the state and change it."""

    def __init__(self, state: SetupState) -> None:
        super().__init__("Amount")
        self._state = state
        self.batch = NumberField("Batch", 1, 1_024, logarithmic=True, snap=_snap, lenient=True, widest=LARGEST_BATCH)
        self.batch.label.setToolTip("Sequences of a step; each is a context long.")
        self.steps = whole("Steps", 1_000, width=WIDE)
        self.tokens = whole("Tokens", 1, width=WIDE)
        self.time = time("Time", 0.0)
        self.micro = whole("At once", -1, 1, none="auto")
        self.seed = whole("Seed", 0, 0, (1 << 63) - 1)
        self._told = label("", "caption", wrap=True)
        self._build()
        self._connect()

    def show_chosen(self, chosen: Chosen, outlook: Outlook) -> None:
        """Show the state; nothing is told."""
        training = chosen.config.training
        self.batch.set_value(training.batch_size)
        show_swept(self.batch, "training.batch_size", chosen.sweep)
        if outlook.shape is not None:
            self.steps.set_value(outlook.steps)
            self.tokens.set_value(outlook.tokens)
        seconds = outlook.forecast.seconds if outlook.forecast else 0.0
        # A step is the least that there is, whatever time was typed.
        self.time.set_value(max(chosen.seconds, seconds) if chosen.amount == "time" else seconds)
        self.time.setEnabled(outlook.forecast is not None)
        self.micro.set_value(training.micro_batch_size or -1)
        self.seed.set_value(training.seed)
        say(self._told, f"{KEPT[chosen.amount]} when the batch, the model or the machine change.")

    def _build(self) -> None:
        into = self.section
        into.addWidget(self.batch)
        into.addLayout(line("Steps", self.steps, "Updates of the weights."))
        into.addLayout(line("Tokens", self.tokens, "Steps × batch × context; the steps are so many that all are seen."))
        into.addLayout(
            line(
                "Time",
                self.time,
                "As the forecast says; type 20 min, 1.5 h or 1:30. A bare number has the unit that is shown.",
            )
        )
        into.addWidget(self._told)
        more = Disclosure("More: micro-batch, seed")
        more.body.addLayout(
            line("At once", self.micro, "Sequences that go through the model at once; a probe finds it.")
        )
        more.body.addLayout(line("Seed", self.seed, "The same seed draws the same weights and batches."))
        into.addWidget(more)

    def _connect(self) -> None:
        state = self._state
        self.batch.value_changed.connect(lambda batch: state.set("training", batch_size=batch))
        self.batch.refused.connect(self._set_batch)
        self.steps.value_changed.connect(
            lambda steps: state.change("training.steps", lambda now: with_steps(now, steps))
        )
        self.tokens.value_changed.connect(
            lambda tokens: state.change("training.tokens", lambda now: with_tokens(now, tokens))
        )
        self.time.value_changed.connect(
            lambda seconds: state.change("training.steps", lambda now: with_time(now, seconds))
        )
        self.micro.value_changed.connect(
            lambda size: state.set("training", micro_batch_size=None if size < 0 else size)
        )
        self.seed.value_changed.connect(lambda seed: state.set("training", seed=seed))
        for edit in (self.steps, self.tokens, self.time, self.micro, self.seed):
            edit.refused.connect(partial(state.refused.emit, "training"))

    def _set_batch(self, batch: int) -> None:
        """One beyond the slider."""
        if 1 <= batch <= LARGEST_BATCH:
            self._state.set("training", batch_size=batch)
        else:
            self._state.refused.emit("training.batch_size", f"The batch goes from 1 to {LARGEST_BATCH:,} sequences.")


def _snap(value: int) -> int:
    """A batch on the slider: powers of two and the steps half way between them."""
    power = 1 << max(0, value.bit_length() - 1)
    return multiples_of(max(1, power // 2))(value)
