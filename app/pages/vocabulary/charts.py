"""What is the vocabulary as a whole? Charts: how long its tokens are, their scripts, what smaller ones would give."""

from typing import TYPE_CHECKING, Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.pages.vocabulary import wording
from app.pages.vocabulary.knowledge import Knowledge
from app.widgets.bar_chart import Bar, BarChart, NamedBars
from app.widgets.chart_axis import nice_step
from app.widgets.labels import Hairline, LiveCaption, label
from app.widgets.line_chart import LineChart, LineWords
from lmcore import figures
from lmcore.bpe.vocabulary.scripts import script_name
from lmcore.bpe.vocabulary.views import script_counts

if TYPE_CHECKING:
    from lmcore.bpe.vocabulary.columns import Vocabulary

MARGIN: Final = 24
LONGEST: Final = 24
"""Bytes from which on tokens share the last bar."""
SCRIPTS: Final = 10
BYTES_PER_TOKEN: Final = LineWords(
    "Bytes per token against vocabulary size", "The corpus is being measured …", "{count} tokens", "Bytes a token"
)


class Charts(QScrollArea):
    """The tab."""

    def __init__(self, knowledge: Knowledge, parent: QWidget) -> None:
        super().__init__(parent)
        self._knowledge = knowledge
        self.lengths = BarChart("Tokens by length in bytes")
        self.scripts = NamedBars("Tokens by script")
        self.prefixes = LineChart(BYTES_PER_TOKEN, lambda value: figures.decimal(value, 2))
        self._mean, self._sentence = LiveCaption(), LiveCaption()
        self._build()

    def show_vocabulary(self, known: "Vocabulary | None") -> None:
        """The charts that need no corpus; None clears them."""
        if known is None:
            self.lengths.show_bars(())
            self.scripts.show_bars((), 0)
            self.show_prefixes()
            return
        self.lengths.show_bars(length_bars(known))
        self._mean.set_text(wording.lengths(known))
        counts = script_counts(known)
        bars = [Bar(script_name(script), count) for script, count in counts[:SCRIPTS]]
        if rest := sum(count for _, count in counts[SCRIPTS:]):
            bars.append(Bar(f"{len(counts) - SCRIPTS} others", rest))
        self.scripts.show_bars(bars, len(known))
        self.show_prefixes()

    def show_prefixes(self) -> None:
        """The curve of smaller vocabularies, as far as it is measured."""
        found, shown, usage = self._knowledge.prefixes, self._knowledge.shown, self._knowledge.usage
        if found is None or shown is None or usage is None or found.text_bytes == 0:
            self.prefixes.show_values(np.zeros(0), 0, ())
            self._sentence.set_text("")
            return
        curve = found.bytes_per_token
        step = nice_step(max(0.5, float(curve[-1])), 4)
        ticks = [place * step for place in range(int(np.ceil(curve.max() / step)) + 1)]
        self.prefixes.show_values(curve, 256, ticks)
        self._sentence.set_text(wording.prefixes(found, usage.name))

    def _build(self) -> None:
        content = QWidget(self.viewport())
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setSpacing(0)
        self.lengths.setMinimumHeight(240)
        top.addLayout(_pane("Length", "tokens by length in bytes", self.lengths, self._mean), 1)
        top.addWidget(Hairline(Qt.Orientation.Vertical))
        scripts = _pane("Scripts", "by the first character that has one", self.scripts, None)
        scripts.addStretch(1)
        top.addLayout(scripts, 1)
        column.addLayout(top, 1)
        column.addWidget(Hairline())
        self.prefixes.setMinimumHeight(240)
        title = "against vocabulary size: the first merges alone are a vocabulary too"
        column.addLayout(_pane("Bytes per token", title, self.prefixes, self._sentence), 1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.setAccessibleName("Charts")


def length_bars(known: "Vocabulary") -> list[Bar]:
    """Tokens by length; the longest share a bar. Special tokens, which were not learned, are left out."""
    counts = np.bincount(np.minimum(known.lengths[~known.special], LONGEST), minlength=LONGEST + 1)[1:]
    bars = []
    for length, count in enumerate(counts.tolist(), 1):
        name = str(length) if length < LONGEST else f"{LONGEST}+"
        unit = "byte" if length == 1 else "bytes or more" if length == LONGEST else "bytes"
        bars.append(Bar(name, count, f"{length} {unit}: {figures.count(count)} tokens"))
    return bars


def _pane(title: str, caption: str, chart: QWidget, sentence: QWidget | None) -> QVBoxLayout:
    made = QVBoxLayout()
    made.setContentsMargins(MARGIN, 14, MARGIN, 14)
    made.setSpacing(8)
    head = QHBoxLayout()
    head.setSpacing(8)
    head.addWidget(label(title, "section"))
    head.addWidget(label(caption, "caption"), 1)
    made.addLayout(head)
    if sentence is not None:
        made.addWidget(sentence)
    made.addWidget(chart, 1 if isinstance(chart, (BarChart, LineChart)) else 0)
    return made
