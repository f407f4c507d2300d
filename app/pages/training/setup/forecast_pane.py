"""What will it take? Time, memory against what the device has, amounts, the first points of the curve, and the file."""

from collections.abc import Callable
from math import log
from typing import Final, TypeVar

from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from app import fonts
from app.pages.training.setup.inputs import figure_lines, say
from app.pages.training.setup.judging import LONGEST
from app.pages.training.setup.outlook import Outlook
from app.pages.training.setup.totals import Total
from app.theme import DATA, Theme
from app.widgets.buttons import Button
from app.widgets.disclosure import Disclosure
from app.widgets.inspector import Inspector
from app.widgets.labels import ElidedLabel, Role, Swatch, label, row, set_role
from app.widgets.live_figure import LiveFigure
from app.widgets.memory_bar import MemoryBar
from app.widgets.window_size import SMALL_WIDTH
from lmcore import figures
from lmcore.training.machine import Machine
from lmcore.training.planning import besides_words

Number = TypeVar("Number", int, float)
PARTS: Final = ("Weights", "Gradients", "Optimizer", "Activations", "Process")
AMOUNTS: Final = (*("Parameters", "Steps", "Tokens", "Tokens/parameter", "Epochs", "FLOPs", "Tokens/s", "On disk"),)
NO_FILE: Final = "No token file is chosen yet."
BY_HEART: Final = 40.0
"""Times that a text is seen, from which more of them hardly help (Muennighoff et al. 2023)."""
TOML_LINES: Final = 14


def pane_width(window_width: int) -> int:
    """How wide the pane is: 256 in a narrow window, 304 in a usual one, 340 in a wide one."""
    if window_width < 1_100:
        return 256
    return 304 if window_width < SMALL_WIDTH else 320 if window_width < 1_680 else 380


class ForecastPane(Inspector):
    """The figures; other words only repaint them."""

    def __init__(self) -> None:
        super().__init__(pane_width)
        self.setAccessibleName("Forecast")
        self._time = LiveFigure("about, until it is done")
        self._spread = label("", "caption", wrap=True)
        self._bar = MemoryBar("Memory")
        self._free = label("", "caption", wrap=True)
        self._swatches: dict[str, Swatch] = {}
        self._parts: dict[str, ElidedLabel] = {}
        self._uniform = label("", "caption", wrap=True)
        self.sentence = label("", "body", wrap=True)
        self.changes = label("", "caption", wrap=True)
        self.changes.hide()
        self._toml = QPlainTextEdit()
        self.copy = Button("Copy", icon="copy", small=True)
        self._disclosure = Disclosure("As TOML")
        self._text = ""
        self._build()

    @property
    def toml(self) -> str:
        """The file of what is chosen."""
        return self._text

    def show_outlook(self, outlook: Outlook, machine: Machine | None, waiting: str) -> None:
        """Show what is known; `waiting` says for what there is still to wait."""
        found, total = outlook.forecast, outlook.total
        self._time.set_text(time_words(total.seconds) if total and not outlook.looks_on else "…")
        known = total if total and not outlook.looks_on else None
        self._time.setToolTip(made_of(known) if known else "")
        say(self._spread, likely(known) if known else "")
        self._spread.setVisible(known is not None)
        self._show_memory(outlook, machine)
        for name, text in amounts(outlook).items():
            self._amounts[name].set_text(text)
        if total:
            self._amounts["On disk"].setToolTip(
                f"All checkpoints that are kept; one takes about {figures.size(total.checkpoint)}"
            )
        if found:
            self._amounts["Tokens/s"].setToolTip(
                f"While steps are made: {found.share:.0%} of the peak, {found.share_source}"
            )
        shape = outlook.shape
        say(self._uniform, uniform_words(shape.vocab_size) if shape and outlook.train_tokens else "…")
        text, role = said(outlook, machine, waiting)
        say(self.sentence, text)
        set_role(self.sentence, role)

    def show_changes(self, words: str) -> None:
        """What is set otherwise than in the run that this is a duplicate of."""
        say(self.changes, words)
        self.changes.setVisible(bool(words))

    def show_toml(self, text: str) -> None:
        """Show the file, where it is looked at."""
        self._text = text
        if self._disclosure.is_open and self._toml.toPlainText() != text:
            self._toml.setPlainText(text)

    def _build(self) -> None:
        head = self.section("Forecast")
        head.addLayout(row([self._time]))
        head.addWidget(self._spread)
        head.addWidget(self.sentence)
        head.addWidget(self.changes)
        memory = self._head = self.section("Memory")
        memory.addWidget(self._bar)
        for name in PARTS:
            self._swatches[name] = Swatch(DATA[7])
            line = row([self._swatches[name], label(name, "table")])
            self._parts[name] = ElidedLabel("", "table")
            line.addWidget(self._parts[name])
            self._parts[name].setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            memory.addLayout(line)
        self._parts["Process"].setToolTip("Python and the libraries of torch, which share the machine’s memory")
        memory.addWidget(self._free)
        self._amounts = figure_lines(self.section("Amounts"), list(AMOUNTS))
        first = self.section("First points")
        first.addWidget(self._uniform)
        self._build_toml()

    def _build_toml(self) -> None:
        self._toml.setReadOnly(True)
        self._toml.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._toml.setFont(fonts.MONO_AXIS.font())
        self._toml.setAccessibleName("The set-up as TOML")
        self._toml.setFixedHeight(fonts.scaled(fonts.MONO_AXIS.line) * TOML_LINES + 16)
        self._disclosure.body.addWidget(self._toml)
        self._disclosure.body.addLayout(row([self.copy]))
        self._disclosure.toggled.connect(lambda _open: self.show_toml(self._text))
        self.section("File").addWidget(self._disclosure)

    def _show_memory(self, outlook: Outlook, machine: Machine | None) -> None:
        theme = Theme.of(self.palette())
        amounts_of = {part.name: part for part in outlook.memory}
        for name in PARTS:
            part = amounts_of.get(name)
            self._parts[name].set_text(figures.size(part.amount) if part else "–")
            if part:
                self._swatches[name].set_colour(DATA[part.colour] if part.colour >= 0 else theme.disabled)
        free = machine.free if machine else 0
        words = ", ".join(f"{part.name} {figures.size(part.amount)}" for part in outlook.memory)
        self._bar.show_parts([(part.amount, part.colour) for part in outlook.memory], free, words)
        found = outlook.total.largest if outlook.total else None
        whose = " for the largest" if outlook.runs > 1 else ""
        self._head.set_caption(f"about {figures.size(found.memory)}{whose}" if found else "")
        at_once = ""
        if found:
            at_once = (
                f", {figures.count(found.micro_batch)} {'sequence' if found.micro_batch == 1 else 'sequences'} at once"
            )
        say(self._free, f"of {figures.size(free)} that are free{at_once}" if machine else "")


def amounts(outlook: Outlook) -> dict[str, str]:
    """The figures, each as it is written; a dash for what is not known."""
    total, found = outlook.total, outlook.forecast
    if total is None:
        known = outlook.shape is not None and not outlook.swept
        a_parameter = outlook.tokens / outlook.parameters if outlook.parameters else 0.0
        return {
            **dict.fromkeys(AMOUNTS, "–"),
            "Parameters": figures.count(outlook.parameters) if known and outlook.parameters else "–",
            "Steps": figures.count(outlook.steps) if known else "–",
            "Tokens": figures.count(outlook.tokens) if known else "–",
            "Tokens/parameter": figures.significant(a_parameter) if known and a_parameter else "–",
        }
    speed = f"≈ {figures.significant(found.tokens_per_second)}" if found and outlook.runs == 1 else "–"
    return {
        "Parameters": span_words(total.parameters, figures.count),
        "Steps": span_words(total.steps, figures.count),
        "Tokens": span_words(total.tokens, figures.count),
        "Tokens/parameter": span_words(total.tokens_a_parameter, figures.significant),
        "Epochs": span_words(total.epochs, figures.significant) if total.epochs else "–",
        "FLOPs": flops_words(total.flops),
        "Tokens/s": speed,
        "On disk": f"up to {figures.size(total.disk)}",
    }


def span_words(span: tuple[Number, Number], write: Callable[[Number], str]) -> str:
    """A figure, or the least and the most of several: span_words((465, 4_650), figures.count) -> "465 to 4,650"."""
    least, most = map(write, span)
    return least if least == most else f"{least} to {most}"


def time_words(seconds: float) -> str:
    """A time, as far as anybody waits."""
    return figures.duration(seconds) if seconds <= LONGEST else "> 10 years"


def likely(total: Total) -> str:
    """Between which times it is likely to be done."""
    besides = total.besides.seconds
    return f"Likely {time_words(total.least + besides)} to {time_words(total.most + besides)}."


def made_of(total: Total) -> str:
    """Of what the time consists."""
    return f"Steps {time_words(total.training)}, {besides_words(total.besides)}"


def flops_words(flops: int) -> str:
    """FLOPs in the unit that fits: flops_words(4_907_430_051_840) -> "4.91 TFLOP"."""
    for unit, size in (("ZFLOP", 10**21), ("EFLOP", 10**18), ("PFLOP", 10**15), ("TFLOP", 10**12)):
        if flops >= size:
            return f"{figures.significant(flops / size)} {unit}"
    return f"{figures.significant(flops / 10**9)} GFLOP"


def uniform_words(vocab_size: int) -> str:
    """What a model says that knows nothing."""
    return (
        f"A uniform guess among {figures.count(vocab_size)} tokens has a loss of "
        f"ln {figures.count(vocab_size)} = {log(vocab_size):.2f} nats a token: about there the curve begins."
    )


def said(outlook: Outlook, machine: Machine | None, waiting: str) -> tuple[str, Role]:
    """The sentence, and its role: what hinders, what is waited for, or what the figures mean."""
    total = outlook.total
    if outlook.trouble and waiting != NO_FILE:
        return outlook.trouble, "error"
    if waiting or total is None or machine is None:
        return waiting or "…", "secondary"
    runs = f"{figures.count(outlook.runs)} runs, one after another, each of " if outlook.runs > 1 else "It sees "
    often = f"{span_words(total.tokens, figures.count)} tokens"
    if total.epochs is not None:
        often += f", the text {span_words(total.epochs, figures.significant)} times"
    by_heart = " It will know the text by heart." if total.epochs and total.epochs[1] > BY_HEART else ""
    share = figures.significant(100 * total.largest.memory / machine.free, 2)
    fits = "The largest fits" if outlook.runs > 1 else "It fits"
    return f"{runs}{often}.{by_heart} {fits}: {share} % of the memory that is free.", "body"
