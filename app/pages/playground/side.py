"""How well and how fast do these tokenizers do? Bytes a token by kind of text, and what a corpus would take."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.widgets.dumbbell import Dumbbell, DumbbellRow
from app.widgets.inspector import Inspector
from app.widgets.labels import ElidedLabel, Paragraph, label
from app.widgets.series_mark import SeriesMark
from app.widgets.spin import NumberSpin
from lmcore import figures

if TYPE_CHECKING:
    from lmcore.bpe.throughput import Throughput

PILE: Final = 825
MOST_GB: Final = 1_000_000
HIGHER: Final = "Higher is better; at 1.0 every byte is a token of its own."
NARROW, WIDE, WIDEST = 304, 320, 364


class Entry(NamedTuple):
    """What is known of a column: `kinds` are bytes a token of each kind of text, None while they are not known."""

    title: str
    name: str
    kinds: tuple[float, ...] | None
    speed: "Throughput | None"


def side_width(window: int) -> int:
    """How wide the panel is in a window so wide."""
    if window < 1360:
        return NARROW
    return WIDEST if window >= 1680 else WIDE


class Side(Inspector):
    """The panel at the right."""

    def __init__(self) -> None:
        super().__init__(side_width)
        self.chart = Dumbbell("Bytes per token by kind of text")
        self.corpus = NumberSpin("Size of the corpus in gigabytes", 1, MOST_GB, suffix=" GB")
        self.corpus.setValue(PILE)
        self._titles: tuple[str, ...] = ()
        self._entries: tuple[Entry, ...] = ()
        self._legend, self._speeds = QVBoxLayout(), QGridLayout()
        self._time = Paragraph("", "caption")
        self._build()
        self.corpus.valueChanged.connect(self._show_times)

    @property
    def words(self) -> str:
        """What is said of the corpus."""
        return self._time.accessibleName()

    def show_entries(self, entries: Sequence[Entry], kinds: Sequence[str]) -> None:
        """Show what is known of each column."""
        self._entries = tuple(entries)
        values = [entry.kinds or (None,) * len(kinds) for entry in entries]
        rows = [DumbbellRow(kind, tuple(column[place] for column in values)) for place, kind in enumerate(kinds)]
        self.chart.show_rows(rows, [entry.title for entry in entries])
        self._fill_legend()
        self._fill_speeds()
        self._show_times()

    def _build(self) -> None:
        compression = self.section("Bytes per token", "by kind of text")
        compression.addWidget(self.chart)
        self._legend.setSpacing(2)
        compression.addLayout(self._legend)
        compression.addWidget(label(HIGHER, "caption", wrap=True))
        speed = self.section("Speed on this machine", "megabytes a second")
        self._speeds.setHorizontalSpacing(12)
        self._speeds.setVerticalSpacing(6)
        self._speeds.setColumnStretch(0, 1)
        speed.addLayout(self._speeds)
        line = QHBoxLayout()
        line.addWidget(label("A corpus of", buddy=self.corpus), 1)
        line.addWidget(self.corpus)
        speed.addLayout(line)
        speed.addWidget(self._time)

    def _fill_legend(self) -> None:
        _empty(self._legend)
        for number, entry in enumerate(self._entries):
            made = QWidget()
            line = QHBoxLayout(made)
            line.setContentsMargins(4, 0, 0, 0)
            line.setSpacing(6)
            line.addWidget(SeriesMark(number))
            line.addWidget(ElidedLabel(entry.title, "caption"), 1)
            self._legend.addWidget(made)

    def _fill_speeds(self) -> None:
        _empty(self._speeds)
        speeds = self._by_name()
        threads = next((speed.threads for speed in speeds.values() if speed is not None), 1)
        columns = ["1 thread", f"{threads} threads"][: 2 if threads > 1 else 1]
        for place, head in enumerate(columns, 1):
            self._speeds.addWidget(label(head, "caption"), 0, place, Qt.AlignmentFlag.AlignRight)
        for row, (name, speed) in enumerate(speeds.items(), 1):
            self._speeds.addWidget(ElidedLabel(name, "table"), row, 0)
            rates = [None, None] if speed is None else [speed.one, speed.all]
            for place, rate in enumerate(rates[: len(columns)], 1):
                self._speeds.addWidget(_figure(rate), row, place, Qt.AlignmentFlag.AlignRight)

    def _by_name(self) -> "dict[str, Throughput | None]":
        """Each tokenizer once, however many columns it has."""
        return {entry.name: entry.speed for entry in self._entries}

    def _show_times(self) -> None:
        size = self.corpus.value()
        what = "The Pile" if size == PILE else f"A corpus of {figures.count(size)} GB"
        told = [_times(name, size, speed) for name, speed in self._by_name().items() if speed is not None]
        words = f"{what} would take " + "; ".join(told) + "." if told else "The speed is being measured."
        self._time.setText(words)
        self._time.setAccessibleName(words)


def _times(name: str, size: int, speed: "Throughput") -> str:
    """How long a corpus of so many gigabytes takes, with the division."""
    from lmcore.bpe.throughput import seconds_for

    one = figures.duration(seconds_for(size * 1e9, speed.one))
    words = f"{one} with {name} on 1 thread, {figures.count(size)} GB ÷ {figures.rate(speed.one, 'bytes')}"
    if speed.threads > 1:
        words += f", and {figures.duration(seconds_for(size * 1e9, speed.all))} on {speed.threads} threads"
    return words


def _figure(rate: float | None) -> QLabel:
    return label("…" if rate is None else figures.significant(rate / 1e6), "table")


def _empty(layout: QVBoxLayout | QGridLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
