"""What is to be trained, and what will it take? The inspector of the page: corpus, options, forecast and result."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from app import fonts
from app.pages.bpe_training.result_figures import ResultFigures
from app.pages.bpe_training.special_tokens import SpecialTokensField
from app.pages.bpe_training.wording import around, basis, preparing, reaches
from app.session import Session
from app.widgets.choice import CheckBox, Choice
from app.widgets.corpus_section import CorpusSection
from app.widgets.inspector import Inspector
from app.widgets.labels import label, row
from app.widgets.number_field import NumberField
from app.widgets.segmented import Segmented
from lmcore import figures
from lmcore.bpe.choices import TieRule
from lmcore.bpe.events import Progress
from lmcore.bpe.options import Options
from lmcore.bpe.patterns import EXPRESSIONS
from lmcore.bpe.sources import classify

if TYPE_CHECKING:
    from lmcore.bpe import Training
    from lmcore.bpe.forecast import Forecast

RULES: Final = (TieRule.GREATER_BYTES, TieRule.LOWEST_IDS)
CUSTOM: Final = "custom …"
SETTLE: Final = 250
"""Milliseconds without a change after which a new forecast is made."""
RULE_WORDS: Final = "The course’s rule. “Lowest ids” gives the merges of Hugging Face tokenizers."


class Panel(Inspector):
    """The inputs. `changed` comes when they have been at rest for a moment."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.corpus = CorpusSection(session.settings)
        self._size = NumberField("Size, tokens", 257, 200_000, logarithmic=True, snap=1)
        self._specials = SpecialTokensField(Options().special_tokens)
        self._pattern = Choice("Pre-token pattern", [*EXPRESSIONS, CUSTOM])
        self._expression = QLineEdit()
        self._tie = Segmented(["Greater bytes", "Lowest ids"], "Equal counts", fill=True)
        self._field = QLineEdit(Options().text_field)
        self._skip = CheckBox("Leave out bad lines")
        self._inputs: list[QWidget] = []
        self._figures: list[QLabel] = []
        self._result = ResultFigures()
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
            skip_bad_lines=self._skip.isChecked(),
        )

    def set_vocab_size(self, size: int) -> None:
        """Ask for another size, as if the user had."""
        self._size.spin.setValue(size)

    def leave_out_bad_lines(self) -> None:
        """From now on lines that cannot be read are passed over."""
        self._skip.setChecked(True)

    def take(self) -> None:
        """What the inputs say is being used from now on: no `changed` is to come of it later."""
        self._settle.stop()

    def set_locked(self, locked: bool) -> None:
        """Show the inputs as they are, out of reach, while a job depends on them."""
        for widget in self._inputs:
            widget.setEnabled(not locked)
        self._corpus_section.set_locked(locked)

    def show_measuring(self, progress: Progress | None = None) -> None:
        """The forecast is being made; `progress` is of what has to come first."""
        self._show_figures("…", "…", "…", preparing(progress) if progress else "being measured …")

    def show_no_forecast(self) -> None:
        """There is none: the inputs cannot be, or the training began before it was made."""
        self._show_figures("–", "–", "–", "not measured")

    def show_forecast(self, forecast: "Forecast") -> None:
        """What a training is expected to take."""
        words = forecast.unique_pretokens
        self._show_figures(
            around(forecast.seconds, forecast.spread),
            figures.size(forecast.peak_memory),
            figures.count(words) if forecast.exact else f"≈ {figures.significant(words)}",
            basis(forecast),
        )
        for figure, reach in zip(self._figures, reaches(forecast), strict=True):
            figure.setToolTip(reach)
        self.corpus.show_size(forecast.corpus_bytes, forecast.special_tokens, exact=forecast.exact)

    def show_result(self, training: "Training") -> None:
        """What the training took, beneath what was expected."""
        self._result.show_training(training)
        self._result.show()
        self.corpus.show_size(training.counts.bytes, training.counts.special_tokens)

    def hide_result(self) -> None:
        """The inputs are no longer those of the training that was shown."""
        self._result.hide()

    def _show_figures(self, time: str, memory: str, words: str, caption: str) -> None:
        self._forecast_section.set_caption(caption)
        for figure, text in zip(self._figures, (time, memory, words), strict=True):
            figure.setText(text)

    def _build(self) -> None:
        self.setAccessibleName("Corpus and options")
        self._size.set_value(Options().vocab_size)
        self._corpus_section = self.section("Corpus")
        self._corpus_section.addWidget(self.corpus)
        self._field_row = self._document_inputs()
        self._corpus_section.addWidget(self._field_row)
        options = self.section("Vocabulary")
        options.addWidget(self._size)
        options.addWidget(self._specials)
        options.add_field("Pre-token pattern", self._pattern)
        options.addWidget(self._expression)
        options.add_field("Equal counts", self._tie)
        options.addWidget(label(RULE_WORDS, "caption", wrap=True))
        self._expression.setPlaceholderText(r"such as \p{L}+|\p{N}+|\s+|[^\s\p{L}\p{N}]+")
        self._expression.setAccessibleName("Custom pre-token expression")
        self._expression.setFont(fonts.MONO_TABLE.font())
        self._expression.hide()
        self._build_figures()
        self._inputs = [
            self.corpus, self._size, self._specials, self._pattern, self._expression, self._tie, self._field,
            self._skip,
        ]  # fmt: skip
        self._show_field()

    def _build_figures(self) -> None:
        self._forecast_section = self.section("Forecast")
        for name in ("Time", "Peak memory", "Different pre-tokens"):
            self._figures.append(self._forecast_section.add_figure(name))
        self._forecast_section.addWidget(self._result)
        self._result.hide()
        self.show_measuring()

    def _document_inputs(self) -> QWidget:
        """What matters to files of one document a line or row."""
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        named = row([label("Text field", buddy=self._field)])
        named.addWidget(self._field, 1)
        column.addLayout(named)
        column.addWidget(self._skip)
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
        self._skip.toggled.connect(lambda _on: self._settle.start())

    def _corpus_changed(self) -> None:
        self._skip.setChecked(False)
        self._show_field()
        self._settle.start()

    def _show_field(self) -> None:
        """The text field matters to files of documents; a folder may hold some."""
        self._field_row.setVisible(any(_may_hold_documents(path) for path in self.corpus.paths))

    def _pattern_changed(self, name: str) -> None:
        custom = name == CUSTOM
        self._expression.setVisible(custom)
        if custom and not self._expression.text():
            self._expression.setFocus()
            self.show_no_forecast()
        else:
            self._settle.start()


def _may_hold_documents(path: Path) -> bool:
    kind = classify(path)
    return kind[0] != "text" if kind else path.is_dir()
