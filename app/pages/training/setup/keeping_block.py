"""How often is a run looked at and kept? Validations, texts that it writes, checkpoints."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit

from app import fonts
from app.pages.training.setup.chosen import Chosen
from app.pages.training.setup.columns import Block
from app.pages.training.setup.inputs import decimal, line, remark, show_remark, whole
from app.pages.training.setup.outlook import Outlook
from app.pages.training.setup.state import SetupState
from app.widgets.disclosure import Disclosure
from lmcore import figures

LINES = 3


class _Prompts(QPlainTextEdit):
    """One prompt a line; it is taken when the field is left."""

    def __init__(self, state: SetupState) -> None:
        super().__init__()
        self._state = state
        self.setAccessibleName("Prompts")
        self.setTabChangesFocus(True)
        self.setPlaceholderText("an empty line: a text from its beginning")
        self.setFixedHeight(fonts.scaled(fonts.BODY.line) * LINES + 16)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def show_prompts(self, prompts: tuple[str, ...]) -> None:
        """Show the prompts, unless others are being typed."""
        text = "\n".join(prompts)
        if not self.hasFocus() and self.toPlainText() != text:
            self.setPlainText(text)

    def take(self) -> None:
        """Have what is written; an empty line is a prompt as well: of nothing. A line break at the end begins none."""
        prompts = tuple(self.toPlainText().removesuffix("\n").split("\n"))
        if prompts != (self._state.now.config.evaluation.prompts or ("",)):
            self._state.set("evaluation", prompts=prompts)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.take()


class KeepingBlock(Block):
    """The inputs; they show the state and change it."""

    def __init__(self, state: SetupState) -> None:
        super().__init__("Evaluation")
        self._state = state
        self.every = whole("Evaluate every, steps", 200)
        self.windows = whole("Windows", 64)
        self.prompts = _Prompts(state)
        self.length = whole("Tokens of a text", 64, 0)
        self.temperature = decimal("Temperature", 0.8, 0.0, 100.0)
        self.top_p = decimal("Top-p", 0.95, 1e-9, 1.0)
        self.checkpoints = whole("Checkpoint every, steps", 500)
        self.last = whole("Keep the last", 2)
        self.steady = whole("Keep every, steps", -1, none="none")
        self.seldom, self.few = remark(), remark()
        self._build()
        self._connect()

    def show_chosen(self, chosen: Chosen, outlook: Outlook) -> None:
        """Show the state; nothing is told."""
        evaluation, checkpoint = chosen.config.evaluation, chosen.config.checkpoint
        self.every.set_value(evaluation.every)
        self.windows.set_value(evaluation.windows)
        self.prompts.show_prompts(evaluation.prompts)
        self.prompts.setEnabled(bool(chosen.config.data.tokenizer))
        self.length.set_value(evaluation.sample_tokens)
        self.temperature.set_value(evaluation.temperature)
        self.top_p.set_value(evaluation.top_p)
        self.checkpoints.set_value(checkpoint.every)
        self.last.set_value(checkpoint.keep_last)
        self.steady.set_value(checkpoint.keep_every or -1)
        show_remark(self.seldom, outlook.remarks.get("evaluation.every", ""))
        show_remark(self.few, outlook.remarks.get("evaluation.windows", ""))
        if outlook.steps:
            looks = -(-outlook.steps // evaluation.every)
            self.section.set_caption(f"{figures.count(looks)} {'validation' if looks == 1 else 'validations'}")

    def _build(self) -> None:
        into = self.section
        into.addLayout(
            line("Evaluate every, steps", self.every, "When the loss on unseen text is taken, and texts written.")
        )
        into.addWidget(self.seldom)
        into.add_field("Texts go on from, one prompt a line", self.prompts)
        into.addLayout(
            line("Checkpoint every, steps", self.checkpoints, "What is between two is lost if the machine fails.")
        )
        into.addLayout(line("Keep the last", self.last, "Checkpoints; the best one stays as well."))
        more = Disclosure("More: windows, sampling")
        more.body.addLayout(line("Windows", self.windows, "Contexts of unseen text that are read each time."))
        more.body.addWidget(self.few)
        more.body.addLayout(line("Tokens of a text", self.length))
        more.body.addLayout(line("Temperature", self.temperature))
        more.body.addLayout(line("Top-p", self.top_p))
        more.body.addLayout(
            line("Keep every, steps", self.steady, "Checkpoints at multiples of it stay, to be compared.")
        )
        into.addWidget(more)

    def _connect(self) -> None:
        put = self._state.set
        self.every.value_changed.connect(lambda steps: put("evaluation", every=steps))
        self.windows.value_changed.connect(lambda windows: put("evaluation", windows=windows))
        self.length.value_changed.connect(lambda tokens: put("evaluation", sample_tokens=tokens))
        self.temperature.value_changed.connect(lambda value: put("evaluation", temperature=value))
        self.top_p.value_changed.connect(lambda value: put("evaluation", top_p=value))
        self.checkpoints.value_changed.connect(lambda steps: put("checkpoint", every=steps))
        self.last.value_changed.connect(lambda number: put("checkpoint", keep_last=number))
        self.steady.value_changed.connect(lambda steps: put("checkpoint", keep_every=max(0, steps)))
        numbers = (self.every, self.windows, self.length, self.checkpoints, self.last, self.steady)
        for edit in (*numbers, self.temperature, self.top_p):
            edit.refused.connect(partial(self._state.refused.emit, "evaluation"))
