"""What is to be trained, and what will it take? The inspector of the page: corpus, options, forecast and result."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from app import fonts
from app.pages.bpe_training.corpus import CorpusSection
from app.pages.bpe_training.result_figures import ResultFigures
from app.pages.bpe_training.special_tokens import SpecialTokensField
from app.session import Session
from app.widgets.choice import Choice
from app.widgets.inspector import Inspector
from app.widgets.labels import label
from app.widgets.number_field import NumberField
from app.widgets.segmented import Segmented
from lmcore import figures
from lmcore.bpe.choices import TieRule
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import EXPRESSIONS

if TYPE_CHECKING:
    from lmcore.bpe import Training
    from lmcore.bpe.forecast import Forecast

RULES: Final = (TieRule.GREATER_BYTES, TieRule.LOWEST_IDS)
CUSTOM: Final = "custom …"
SETTLE: Final = 250
"""Milliseconds without a change after which a new forecast is made."""
RULE_WORDS: Final = "The course’s rule. “Lowest ids” gives the merges of Hugging Face tokenizers."
DOCUMENT_FORMS: Final = (".jsonl", ".parquet")


class Panel(Inspector):
    """The inputs. `changed` comes when they have been at rest for a moment."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.corpus = CorpusSection(session.settings)
        self._size = NumberField("Size, tokens", 257, 200_000, logarithmic=True, snap=1)
        self._specials = SpecialTokensField(Options().special_tokens)
        self._pattern = Choice("Pre-token pattern", [*EXPRESSIONS, CUSTOM])
        self._expression = QLineEdit()
        self._tie = Segmented(["Greater bytes", "Lowest ids"], "Equal counts", fill=True)
        self._field = QLineEdit(Options().text_field)
        self._skip_bad_lines = False
        self._inputs: list[QWidget] = []
        self._figures: dict[str, QLabel] = {}
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._build()
        self._connect()

    def options(self) -> Options:
        """What the inputs say. Raises `UsageError` where they cannot be."""
        custom = self._pattern.currentText() == CUSTOM
        return Options(
            vocab_size=self._size.value,
            special_tokens=self._specials.tokens,
            pattern=self._expression.text() if custom else self._pattern.currentText(),
            tie=RULES[self._tie.current],
            text_field=self._field.text(),
            skip_bad_lines=self._skip_bad_lines,
        )

    def set_vocab_size(self, size: int) -> None:
        """Ask for another size, as if the user had."""
        self._size.spin.setValue(size)

    def leave_out_bad_lines(self) -> None:
        """From now on lines that cannot be read are passed over."""
        self._skip_bad_lines = True
        self._settle.start()

    def set_locked(self, locked: bool) -> None:
        """Show the inputs as they are, out of reach, while a job depends on them."""
        for widget in self._inputs:
            widget.setEnabled(not locked)
        self._corpus_section.set_locked(locked)

    def show_forecast(self, forecast: "Forecast | None") -> None:
        """What a training is expected to take; None while it is being found out."""
        if forecast is None:
            self._forecast_section.set_caption("being measured …")
            for key in ("time", "memory", "words"):
                self._figures[key].setText("…")
            return
        part = "the whole corpus" if forecast.exact else f"{figures.size(forecast.sample_bytes)} of the corpus"
        self._forecast_section.set_caption(f"from {part}")
        self._figures["time"].setText(f"{figures.duration(forecast.seconds)} ± {figures.duration(forecast.spread)}")
        self._figures["memory"].setText(figures.size(forecast.peak_memory))
        words = forecast.unique_pretokens
        self._figures["words"].setText(figures.count(words) if forecast.exact else f"≈ {figures.significant(words)}")
        self._result.hide()

    def show_no_forecast(self) -> None:
        """The training began before its forecast was known."""
        self._forecast_section.set_caption("not made: started at once")

    def show_result(self, training: "Training") -> None:
        """What the training took, beneath what was expected."""
        total = sum(phase.seconds for phase in training.phases if phase.name != "prepare")
        peak = max(phase.peak_memory for phase in training.phases)
        self._figures["took"].setText(figures.duration(total))
        self._figures["peak"].setText(figures.size(peak))
        self._figures["found"].setText(figures.count(len(training.counts.words)))
        for phase in training.phases:
            if phase.name in ("count", "merge"):
                words = f"{figures.duration(phase.seconds)} · {figures.size(phase.peak_memory)}"
                reused = phase.name == "count" and training.counts_reused
                self._figures[phase.name].setText("skipped: known" if reused else words)
        self._result.show()

    def _build(self) -> None:
        self.setAccessibleName("Corpus and options")
        self._size.set_value(Options().vocab_size)
        self._corpus_section = self.section("Corpus")
        self._corpus_section.addWidget(self.corpus)
        self._field_row = self._named("Text field", self._field)
        self._corpus_section.addWidget(self._field_row)
        options = self.section("Vocabulary")
        options.addWidget(self._size)
        options.addWidget(self._specials)
        options.add_field("Pre-token pattern", self._pattern)
        options.addWidget(self._expression)
        options.add_field("Equal counts", self._tie)
        options.addWidget(label(RULE_WORDS, "caption", wrap=True))
        self._expression.setPlaceholderText(r"such as \w+|\s+|[^\w\s]+")
        self._expression.setAccessibleName("Custom pre-token expression")
        self._expression.setFont(fonts.MONO_TABLE.font())
        self._expression.hide()
        self._build_figures()
        self._inputs = [
            self.corpus, self._size, self._specials, self._pattern, self._expression, self._tie, self._field,
        ]  # fmt: skip
        self._show_field()

    def _build_figures(self) -> None:
        self._forecast_section = self.section("Forecast", "being measured …")
        for key, name in (("time", "Time"), ("memory", "Peak memory"), ("words", "Different pre-tokens")):
            self._figures[key] = self._forecast_section.add_figure(name)
        self._result = ResultFigures()
        self._figures |= self._result.figures
        self._forecast_section.addWidget(self._result)
        self._result.hide()

    def _named(self, name: str, field: QWidget) -> QWidget:
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(label(name, buddy=field))
        line.addWidget(field, 1)
        return made

    def _connect(self) -> None:
        self._settle.timeout.connect(self.changed)
        self.corpus.changed.connect(self._corpus_changed)
        self._size.value_changed.connect(lambda _size: self._settle.start())
        self._specials.changed.connect(self._settle.start)
        self._pattern.currentTextChanged.connect(self._pattern_changed)
        self._expression.editingFinished.connect(self._settle.start)
        self._tie.chosen.connect(lambda _place: self._settle.start())
        self._field.editingFinished.connect(self._settle.start)

    def _corpus_changed(self) -> None:
        self._skip_bad_lines = False
        self._show_field()
        self._settle.start()

    def _show_field(self) -> None:
        """The text field matters to files of documents; a folder may hold some."""
        self._field_row.setVisible(any(_has_documents(path.suffixes, path.is_dir()) for path in self.corpus.paths))

    def _pattern_changed(self, name: str) -> None:
        custom = name == CUSTOM
        self._expression.setVisible(custom)
        if custom and not self._expression.text():
            self._expression.setFocus()
        else:
            self._settle.start()


def _has_documents(suffixes: Sequence[str], folder: bool) -> bool:
    return folder or any(suffix.lower() in DOCUMENT_FORMS for suffix in suffixes)
