"""What did the model write when? A slider over the steps at which it was asked, the text there, and earlier ones."""

from bisect import bisect_left
from collections.abc import Sequence
from html import escape
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.widgets.choice import Choice
from app.widgets.labels import ElidedLabel, Hairline, Paragraph, label
from app.widgets.slider import Slider
from app.widgets.spin import LARGEST, NumberSpin
from lmcore import figures
from lmcore.training.sample_files import Sample

EARLIER: Final = 3
THIRD: Final = 3
"""Each earlier text is from a third of the steps of the one above it, or less: what is learned goes by that scale."""
LETTERS: Final = 4_000
"""Letters of a text that are shown."""


class SamplesView(QWidget):
    """The texts of one run. While the newest is shown, newer ones take its place as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._samples: tuple[Sample, ...] = ()
        self._place = -1
        self._wanted: int | None = None
        self._before: int | None = None
        self._prompt: object = None
        self.prompt = ElidedLabel("", "caption")
        self.prompts = Choice("Prompt")
        self.slider = Slider("Step of the text", 0, 0)
        self.spin = NumberSpin("Step of the text", 0, LARGEST, widest=100_000)
        self.text = Paragraph("", "body")
        self.none = label("", "caption", wrap=True)
        self.earlier = [(label("", "caption"), Paragraph("", "secondary")) for _ in range(EARLIER)]
        self._first, self._last = label("", "axis"), label("", "axis")
        self._line = Hairline()
        self._controls = QWidget()
        self._build()
        self._connect()

    @property
    def step(self) -> int | None:
        """The step whose text is shown."""
        return self._samples[self._place].step if self._samples else None

    def show_samples(self, samples: Sequence[Sample], why_none: str) -> None:
        """The texts by rising step; `why_none` is said where there are none."""
        at_end, step = self._place == len(self._samples) - 1, self.step
        self._samples = tuple(samples)
        self._controls.setVisible(bool(samples))
        self.none.setVisible(not samples)
        self.none.setText(why_none)
        if not samples:
            self._place = -1
            self._show_texts()
            return
        self._set_ranges()
        self._fill_prompts()
        wanted = self._wanted if self._wanted in self._steps else None
        kept = wanted if wanted is not None else self._before if at_end else step
        self._before = None
        self._wanted = None if wanted is not None else self._wanted
        self._go_to(len(samples) - 1 if kept is None else nearest(self._steps, kept))

    def show_step(self, step: int) -> None:
        """Show the text that was written at a step, or nearest to it; or as soon as it is known."""
        if step in self._steps or self._samples:
            self._go_to(nearest(self._steps, step))
        self._wanted = None if step in self._steps else step

    def forget(self) -> None:
        """Another run is shown: at the step and with the prompt that are looked at, so that both can be compared."""
        if self._samples:
            self._before = self.step if self._place < len(self._samples) - 1 else None
            self._prompt = self.prompts.currentData()
        self._samples, self._place, self._wanted = (), -1, None
        self.prompts.clear()
        self.prompts.hide()

    @property
    def _steps(self) -> list[int]:
        return [sample.step for sample in self._samples]

    def _set_ranges(self) -> None:
        steps = self._steps
        for control, last in ((self.slider, len(steps) - 1), (self.spin, steps[-1])):
            control.blockSignals(True)
            control.setRange(0 if control is self.slider else steps[0], last)
            control.blockSignals(False)
        self.slider.setEnabled(len(steps) > 1)
        self._first.setText(figures.count(steps[0]))
        self._last.setText(figures.count(steps[-1]) if len(steps) > 1 else "")

    def _fill_prompts(self) -> None:
        """All prompts that occur; the choice stays."""
        names = list(dict.fromkeys(prompt for sample in self._samples for prompt, _ in sample.texts))
        shown = [self.prompts.itemData(place) for place in range(self.prompts.count())]
        if names != shown:
            chosen = self.prompts.currentData() if self.prompts.count() else self._prompt
            self.prompts.blockSignals(True)
            self.prompts.clear()
            for name in names:
                self.prompts.addItem(named(name), name)
            self.prompts.setCurrentIndex(max(0, names.index(chosen) if chosen in names else 0))
            self.prompts.blockSignals(False)
        self.prompts.setVisible(len(names) > 1)
        self.prompt.setVisible(len(names) <= 1)
        self.prompt.set_text(named(names[0]) if names else "")

    def _go_to(self, place: int) -> None:
        self._place = place
        for control, value in ((self.slider, place), (self.spin, self._samples[place].step)):
            control.blockSignals(True)
            control.setValue(value)
            control.blockSignals(False)
        self._show_texts()

    def _show_texts(self) -> None:
        """The text at the step, and those of some steps before it."""
        prompt = self.prompts.currentData()
        prompt = prompt if isinstance(prompt, str) else ""
        now = self._samples[self._place] if self._samples else None
        self.text.setVisible(now is not None)
        if now is not None:
            self.text.show_markup(markup(prompt, _text(now, prompt)))
            self.text.setAccessibleName(f"{said(now)}: {prompt}{_text(now, prompt)}")
            self.text.setToolTip(said(now))
        before = earlier(self._steps, self._place)
        self._line.setVisible(bool(before))
        for row, (caption, paragraph) in enumerate(self.earlier):
            shown = row < len(before)
            caption.setVisible(shown)
            paragraph.setVisible(shown)
            if shown:
                sample = self._samples[before[row]]
                caption.setText(said(sample))
                paragraph.show_markup(markup(prompt, _text(sample, prompt), strong=False))

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(label("Samples", "section"))
        head.addWidget(self.prompt, 1)
        head.addWidget(self.prompts, 1)
        column.addLayout(head)
        column.addSpacing(6)
        column.addWidget(self.none)
        self._fill_controls()
        column.addWidget(self._controls)
        column.addWidget(self.text)
        self.text.setContentsMargins(0, 2, 0, 10)
        column.addWidget(self._line)
        for caption, paragraph in self.earlier:
            caption.setContentsMargins(0, 8, 0, 0)
            column.addWidget(caption)
            column.addWidget(paragraph)
        for words in (self.text, *(paragraph for _, paragraph in self.earlier)):
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.prompts.hide()
        self._line.hide()
        self.show_samples((), "")

    def _fill_controls(self) -> None:
        column = QVBoxLayout(self._controls)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(2)
        line, ends = QHBoxLayout(), QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(self.slider, 1)
        line.addWidget(self.spin)
        ends.addWidget(self._first)
        ends.addStretch(1)
        ends.addWidget(self._last)
        ends.addSpacing(self.spin.sizeHint().width() + 10)
        column.addLayout(line)
        column.addLayout(ends)

    def _connect(self) -> None:
        self.slider.valueChanged.connect(self._go_to)
        self.spin.valueChanged.connect(lambda step: self._go_to(nearest(self._steps, step)))
        self.spin.step_with(self._stepped)
        self.prompts.currentIndexChanged.connect(lambda _place: self._show_texts())

    def _stepped(self, step: int, by: int) -> int:
        """The arrows go from text to text."""
        place = nearest(self._steps, step) + by
        return self._steps[max(0, min(place, len(self._samples) - 1))]


def nearest(steps: Sequence[int], step: int) -> int:
    """The place of the step that is nearest, of rising ones: nearest([100, 500], 290) -> 0."""
    place = min(bisect_left(steps, step), len(steps) - 1)
    return place - 1 if place and step - steps[place - 1] < steps[place] - step else place


def earlier(steps: Sequence[int], place: int, most: int = EARLIER) -> list[int]:
    """Places before one, each at a third of the steps of the last or less: of 100, 500, 1000, 3000 from the last
    -> [2, 0].
    """
    found: list[int] = []
    while place > 0 and len(found) < most:
        place = max((before for before in range(place) if THIRD * steps[before] <= steps[place]), default=-1)
        if place >= 0:
            found.append(place)
    return found


def said(sample: Sample) -> str:
    """said(Sample(1000, 1.7912, ())) -> "step 1,000, loss 1.79"."""
    loss = "" if sample.loss is None else f", loss {figures.decimal(sample.loss, 2)}"
    return f"step {figures.count(sample.step)}{loss}"


def named(prompt: str) -> str:
    """A prompt in quotation marks; that of a text that begins with nothing is told as that."""
    return f"“{' '.join(prompt.split())}”" if prompt.strip() else "without a prompt"


def markup(prompt: str, text: str, *, strong: bool = True) -> str:
    """A text behind its prompt, as it was written, line by line; empty lines around all of it are left out."""
    text = text.rstrip() if prompt.strip() else text.strip("\n").rstrip()
    kept, rest = text[:LETTERS], len(text) - LETTERS
    more = f" … and {figures.count(rest)} letters more" if rest > 0 else ""
    first = f"<span style='font-weight:500'>{escape(prompt)}</span>" if strong and prompt else escape(prompt)
    return f"{first}{escape(kept)}{more}".replace("\n", "<br>")


def _text(sample: Sample, prompt: str) -> str:
    return dict(sample.texts).get(prompt, "")
